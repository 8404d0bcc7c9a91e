"""Where the site has no policy: everything goes to the desk, by every channel that is set up."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.plan import DESK, Plan, Step, Target
from services.notifier.policy.routes import LowTiers

_DAY_S = 86_400
_DESK = (f"person:{DESK}",)
_PLAN = Plan("default", (Step(0, _DESK),), rounds=0, fallback=_DESK, ack_s=_DAY_S)


class DeskPolicy:
    """One step. What nobody answered is told again after a day; an acknowledgement holds for a day. No page
    waits for another.
    """

    low_tiers: LowTiers | None = None

    def __init__(self, channels: Sequence[str]) -> None:
        self._desk = tuple(Target(DESK, channel) for channel in channels)

    def plan(self, subject: Subject, now: datetime) -> Plan:  # noqa: ARG002
        return _PLAN

    def resolve(self, refs: Sequence[str], now: datetime) -> tuple[Target, ...]:  # noqa: ARG002
        return self._desk if set(refs) & set(_DESK) else ()

    def hold(self, subject: Subject, now: datetime) -> Hold | None:  # noqa: ARG002
        return None
