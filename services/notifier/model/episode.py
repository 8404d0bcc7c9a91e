"""One episode of an alert, and what a record says of it. Times are in milliseconds."""

from dataclasses import dataclass, field, replace

from services.notifier.policy.plan import Plan
from services.notifier.store.lifecycle import LIVE, UNSEEN, WATCHED, Event

EXPIRING_TIERS = frozenset((3, 4))


@dataclass(frozen=True, slots=True)
class Finding:
    """What a record says, as far as the state machine looks at it; `targets` are whom its page would tell."""

    episode: int
    revision: int
    transition_id: str
    transition: str
    open: bool
    tier: int
    quiet: str
    at: int
    page_from: int
    plan: Plan | None = None
    targets: tuple[str, ...] = ()
    told_before: int = 0
    ward: str = ""

    @property
    def closing(self) -> Event:
        ways = {"withdrawn": Event.WITHDRAWN, "moved": Event.MOVED}
        return ways.get(self.transition, Event.RESOLVED)


@dataclass(frozen=True, slots=True)
class Override:
    """Why an alert that holds is not acted on, from when until when; `count` records were kept quiet."""

    by: str
    second: str
    reason: str
    scope: str
    at: int
    until: int
    count: int = 0


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode.

    `due_revision` must be paged; while `unpaged` it was not. `paged` and `step` number the last page, and
    `first` the first one since it was due. `level` tellings of `plan` were made since, and somebody first
    heard of one at `told_at`. `timer` is when time alone changes something: what, the state says. `ward` is
    that of the record of `ward_at`.
    """

    state: str = UNSEEN
    revision: int = 0
    transition_id: str = ""
    tier: int = 0
    quiet: str = "unseen"
    due_revision: int = 0
    unpaged: bool = False
    paged: int = 0
    step: int = 0
    first: tuple[int, int] = (0, 0)
    level: int = 0
    told_at: int = 0
    plan: Plan | None = None
    told: tuple[str, ...] = ()
    acked_by: str = ""
    acked_revision: int = 0
    acked_at: int = 0
    acks: tuple[str, ...] = ()
    offered: str = ""
    override: Override | None = field(default=None)
    timer: int | None = None
    ward: str = ""
    ward_at: int = 0

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def watched(self) -> bool:
        """Whether somebody is still to be told of it, or holds it for a time."""
        return not self.quiet and self.state in WATCHED

    @property
    def waits_to_page(self) -> bool:
        return self.watched and self.state == "open" and self.unpaged

    @property
    def holder(self) -> str:
        return self.acked_by or (self.override.by if self.override else "")

    @property
    def expires_at(self) -> int | None:
        seconds = self.plan.expire_s if self.plan else 0
        runs = seconds and self.told_at and self.tier in EXPIRING_TIERS
        return self.told_at + seconds * 1000 if runs else None

    def unheld(self) -> "Episode":
        """Nobody's any more."""
        return replace(self, acked_by="", offered="", override=None)
