"""Which addresses a person has. The site's people file knows; without one everybody is the desk."""

from collections.abc import Collection
from typing import Protocol

from services.notifier.policy.plan import Target


class AddressBook(Protocol):
    """The channels of each person in the order they prefer, with addresses."""

    def channels(self, person: str) -> tuple[str, ...]:
        """The channels of a person; empty for who is not known."""

    def address(self, person: str, channel: str) -> str | None:
        """The address of a person by a channel; empty where it needs none, None where they have none."""


class Desk:
    """A site without a people file: the channels' own addresses, and all of them are told at once."""

    def channels(self, person: str) -> tuple[str, ...]:  # noqa: ARG002
        """None to fall back on: every channel was told."""
        return ()

    def address(self, person: str, channel: str) -> str | None:  # noqa: ARG002
        """Empty: the channel's own address."""
        return ""


def next_channel(book: AddressBook, target: Target, here: Collection[str]) -> Target | None:
    """The same person by the channel to use when this one does not do.

    The one that they prefer after it, the first after the last; only channels that are set up `here`. None
    when there is no other.
    """
    names = [name for name in book.channels(target.person) if name in here or name == target.channel]
    if target.channel not in names:
        names = [target.channel, *names]
    position = names.index(target.channel)
    following = (names[position + 1 :] + names[:position])[:1]
    return Target(target.person, following[0]) if following else None
