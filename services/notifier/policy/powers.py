"""Which roles may answer alerts, override them, agree to that, and silence; and what each person may do."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from schemas.base import Contract
from services.notifier.policy.words import Id, Tier

Roles = Annotated[tuple[Id, ...], Field(min_length=1)]

ACKNOWLEDGE = "acknowledge"
TECHNICAL = "technical"
SECOND = "second"
SILENCE = "silence"
_ADVISORY_TIER = 4
"""What is only listed may be overridden by whoever may acknowledge."""


class OverrideRow(Contract):
    """The roles that may override alerts of these tiers."""

    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    roles: Roles


class May(Contract):
    """The part `may` of people.yaml. Of a tier that `override` does not name nobody may override an alert.

    `acknowledge`: also to give back, to decline and to be handed alerts. `second`: to agree to an override.
    `technical`: to answer, in any way, alerts about DoseWarden itself. `silence`: to make and end silences.
    """

    acknowledge: Roles
    override: tuple[OverrideRow, ...]
    second: Roles
    technical: Roles
    silence: Roles

    def named(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Each role with its place."""
        for name in (ACKNOWLEDGE, SECOND, TECHNICAL, SILENCE):
            for at, role in enumerate(getattr(self, name)):
                yield role, (name, at)
        for number, row in enumerate(self.override):
            for at, role in enumerate(row.roles):
                yield role, ("override", number, "roles", at)


def override_of(tier: int) -> str:
    """The power to override an alert of a tier."""
    return f"override-{tier}"


ALL = frozenset((ACKNOWLEDGE, TECHNICAL, SECOND, SILENCE, *(override_of(tier) for tier in range(1, 5))))


def powers_of(role: str, may: May | None) -> frozenset[str]:
    """What a person of this role may do; everything where the site says nothing about roles."""
    if may is None:
        return ALL
    rows: Mapping[str, tuple[str, ...]] = {
        ACKNOWLEDGE: may.acknowledge,
        TECHNICAL: may.technical,
        SECOND: may.second,
        SILENCE: may.silence,
        override_of(_ADVISORY_TIER): may.acknowledge,
    }
    overrides = (override_of(tier) for row in may.override if role in row.roles for tier in row.tiers)
    return frozenset((*(power for power, roles in rows.items() if role in roles), *overrides))
