"""routes.yaml, as it is written: which alerts go which way, and the steps of each way."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Contract
from services.notifier.policy.throttling import Throttle
from services.notifier.policy.words import All, Clock, Days, Id, Patience, Tier, Wait, Ward
from services.safety.knowledge.notation import Span

Reference = Annotated[
    str, StringConstraints(pattern=r"^(role|rota|person):[a-z0-9][a-z0-9._-]{0,63}$", max_length=80)
]
"""role:nurse (the rota of that role on the alert's ward), rota:night-pharmacists, person:duty-manager."""
References = Annotated[tuple[Reference, ...], Field(min_length=1)]

QUIETEST_THAT_PAGES = 3


Wards = Annotated[tuple[Ward, ...] | None, All]
"""Of the wards that the file lists; None, written all, means every one of them."""


class StepRow(Contract):
    """Who is told when the alert has been `unanswered` for so long since its page; the first step at once.

    `by`: only by these channels, or by the "preferred" one of each person; else by all that each person has.
    `everybody`: while this is the last step that was told, each person told of the page must acknowledge.
    """

    unanswered: Wait | None = None
    tell: References
    by: Annotated[tuple[Id, ...], Field(min_length=1)] | None = None
    everybody: bool = False


class Way(Contract):
    """Steps, how often the last of them is repeated, and who is told when nobody answered all of that.

    The last step is repeated each time after as long as it came after the one before it. An acknowledgement
    holds for `acknowledged_for`, then the alert is open again.
    """

    steps: Annotated[tuple[StepRow, ...], Field(min_length=2, max_length=20)]
    repeat: Annotated[int, Field(ge=1, le=20)] = 3
    fallback: References
    acknowledged_for: Wait

    @model_validator(mode="after")
    def _first_at_once(self) -> Self:
        if self.steps[0].unanswered is not None:
            raise ValueError("the first step is told at once; remove its unanswered")
        return self


class Route(Way):
    """A way for the alerts of these wards and tiers, and of these checks where they are listed.

    `expires_after`: what nobody answered for so long is told no more, and stays listed. Tier 3 only.
    """

    id: Id
    wards: Wards
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    checks: Annotated[tuple[Id, ...], Field(min_length=1)] | None = None
    expires_after: Patience | None = None

    @model_validator(mode="after")
    def _loud_never_expires(self) -> Self:
        if self.expires_after is not None and min(self.tiers) < QUIETEST_THAT_PAGES:
            raise ValueError("alerts of tiers 1 and 2 never expire; give tier 3 a route of its own")
        return self


class QuietHours(Contract):
    """Pages of these tiers wait until the end of these hours, by the ward's clock. Never of tiers 1 and 2."""

    wards: Wards
    tiers: Annotated[tuple[Literal[3], ...], Field(min_length=1)]
    days: Days
    begins: Clock
    ends: Clock


class LowTiers(Contract):
    """How pages of tiers 3 and 4 go; those of tiers 1 and 2 always go at once and by themselves.

    Each waits for `together`, and all that waits of its patient then goes as one page. One person gets at
    most `at_most` such pages `within` a stretch, whatever the channels; the rest follows as a digest.
    """

    together: Annotated[Span, Field(gt=timedelta(0), le=timedelta(minutes=30))]
    at_most: Annotated[int, Field(ge=1, le=100)] | None = None
    within: Wait | None = None

    @model_validator(mode="after")
    def _whole_limit(self) -> Self:
        if (self.at_most is None) != (self.within is None):
            raise ValueError("at_most and within belong together; give both or neither")
        return self

    @property
    def throttle(self) -> Throttle | None:
        """The limit, where there is one."""
        if self.at_most is None or self.within is None:
            return None
        return Throttle(self.at_most, self.within)


class RoutesFile(Contract):
    """routes.yaml. The first route that fits is taken; `unmatched` owns what fits none of them."""

    wards: Annotated[tuple[Ward, ...], Field(min_length=1)]
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    unmatched: Way
    technical: Way
    quiet_hours: tuple[QuietHours, ...] = ()
    low_tiers: LowTiers | None = None
