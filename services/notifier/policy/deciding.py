"""The questions that the notifier asks of a site's policy. Answers are pure: same question, same answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.notifier.policy.plan import Plan, Target
from services.notifier.policy.routes import LowTiers


@dataclass(frozen=True, slots=True)
class Subject:
    """What a policy may look at of one alert. Tier 1 is the loudest; `patient` is the opaque key.

    `technical`: an alert about ourselves, with no ward and the patient `system`.
    """

    ward: str
    tier: int
    check: str
    technical: bool
    patient: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not to be paged before `until`; `reason` is shown with the alert. Never for tiers 1 and 2.

    `silence`: the id of the silence that it waits for; empty where it waits for the end of quiet hours.
    """

    until: datetime
    reason: str
    silence: str = ""


class Policy(Protocol):
    """The policy in force. Every `now` is aware, and in the alert's own time domain."""

    def plan(self, subject: Subject, now: datetime) -> Plan:
        """The plan for a new page; never empty of steps. What no route matches goes to its owner."""

    def resolve(self, refs: Sequence[str], now: datetime) -> tuple[Target, ...]:
        """Who stands behind references such as "rota:ward-3-nurses" at `now`, each once, in order.

        Empty when nobody does (an empty rota, a reference that the policy no longer knows); never raises.
        """

    def hold(self, subject: Subject, now: datetime) -> Hold | None:
        """Whether a page of this alert has to wait, for example for the end of quiet hours."""

    @property
    def low_tiers(self) -> LowTiers | None:
        """How pages of tiers 3 and 4 wait for each other; None where each goes by itself, at once."""
