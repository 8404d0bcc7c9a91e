"""The people who can be told: opaque ids, roles, and the address that each has by each channel.

No names are needed here. An address (a pager's number, an e-mail) goes to its channel and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Contract
from services.notifier.policy.powers import May, powers_of
from services.notifier.policy.words import Id

Address = Annotated[str, StringConstraints(max_length=512)]


class Reach(Contract):
    """One channel by which a person is told, and their address there; empty where the channel needs none."""

    by: Id
    address: Annotated[Address, Field(repr=False)] = ""


class Person(Contract):
    """One person, or one telephone that somebody always carries. `channels`: the one they prefer first.

    `notices`: the channel for what is no alert, such as a change of their duties; else the last one.
    """

    id: Id
    role: Id
    channels: Annotated[tuple[Reach, ...], Field(min_length=1)]
    notices: Id | None = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [reach.by for reach in self.channels]
        if len(set(names)) != len(names):
            raise ValueError("a channel is given twice; keep one address for each channel")
        if self.notices is not None and self.notices not in names:
            raise ValueError("notices names none of the person's channels; name one of them")
        return self


class PeopleFile(Contract):
    """people.yaml."""

    people: Annotated[tuple[Person, ...], Field(min_length=1)]
    may: May | None = None


@dataclass(frozen=True, slots=True)
class People:
    """The people of a policy by their ids. `may` is None where the site says nothing about roles."""

    by_id: Mapping[str, Person]
    may: May | None = None

    def powers(self, person: str) -> frozenset[str]:
        """What a person may do; nothing for who is not known."""
        known = self.by_id.get(person)
        return powers_of(known.role, self.may) if known is not None else frozenset()

    def channels(self, person: str) -> tuple[str, ...]:
        """The channels of a person in the order they prefer; empty for who is not known."""
        known = self.by_id.get(person)
        return tuple(reach.by for reach in known.channels) if known is not None else ()

    def notices(self, person: str) -> str | None:
        """The channel for what is no alert; None for who is not known."""
        known = self.by_id.get(person)
        return (known.notices or known.channels[-1].by) if known is not None else None

    def address(self, person: str, channel: str) -> str | None:
        """The address of a person by a channel (empty where it needs none), or None where they have none."""
        known = self.by_id.get(person)
        for reach in known.channels if known is not None else ():
            if reach.by == channel:
                return reach.address
        return None
