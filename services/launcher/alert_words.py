"""What becomes of an alert, as lines for the people who watch: what, how much, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from schemas.quantities import plain
from services.notifier.alerts import Alert
from services.notifier.findings.paging import NOT_ASSESSED
from services.notifier.store.lifecycle import Event
from services.notifier.store.reading import HistoryLine


class Step(StrEnum):
    """What may become of an alert. `retracted`: those who were told know that it was withdrawn."""

    RAISED = "raised"
    WORSENED = "worsened"
    EASED = "eased"
    RETURNED = "returned"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    RETRACTED = "retracted"


TRANSITIONS = frozenset(
    (Step.RAISED, Step.WORSENED, Step.EASED, Step.RETURNED, Step.RESOLVED, Step.WITHDRAWN, Step.MOVED)
)
"""The steps that the engine decides; the others are the notifier's and people's."""

_STEPS = {
    Event.RAISED.value: Step.RAISED,
    Event.REOPENED.value: Step.RAISED,
    Event.WORSENED.value: Step.WORSENED,
    Event.EASED.value: Step.EASED,
    Event.RETURNED.value: Step.RETURNED,
    Event.TOLD.value: Step.DELIVERED,
    Event.ACKNOWLEDGED.value: Step.ACKNOWLEDGED,
    Event.RESOLVED.value: Step.RESOLVED,
    Event.WITHDRAWN.value: Step.WITHDRAWN,
    Event.MOVED.value: Step.MOVED,
    "retraction-told": Step.RETRACTED,
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One step of one alert, with the alert as it stood when it was read."""

    alert: Alert
    line: HistoryLine
    step: Step

    @property
    def assessed(self) -> bool:
        """False where the alert says that something could not be judged."""
        return self.alert.check != NOT_ASSESSED


def step_of(line: HistoryLine) -> Step | None:
    """The step that an entry of the audit trail stands for; None for what only concerns the machinery."""
    return _STEPS.get(line.event)


def headline(happening: Happening) -> str:
    """The step in a few words: "ALERT tier 3, cumulative-dose"."""
    alert, line = happening.alert, happening.line
    check = alert.check if happening.assessed else f"not assessed: {alert.facts['reason']}"
    quiet = f" (not paged: {alert.quiet})" if alert.quiet and happening.assessed else ""
    if not happening.assessed and happening.step in (Step.RESOLVED, Step.WITHDRAWN):
        return f"nothing stands unjudged for this any more: {alert.facts['reason']}"
    told = {
        Step.RAISED: f"ALERT tier {alert.tier}, {check}{quiet}" if happening.assessed else check.upper(),
        Step.WORSENED: f"WORSE, now tier {alert.tier}, {check}{quiet}",
        Step.EASED: f"{_eased(alert)}, {check}",
        Step.RETURNED: f"again as told before, tier {alert.tier}, {check}{quiet}",
        Step.DELIVERED: f"delivered to the pager, {check}",
        Step.ACKNOWLEDGED: f"acknowledged by {line.actor}, {check}" + (f": {line.note}" if line.note else ""),
        Step.RESOLVED: f"resolved, {check}",
        Step.WITHDRAWN: f"WITHDRAWN, {check}",
        Step.MOVED: f"judged from now on with the record that this one was merged into, {check}",
        Step.RETRACTED: f"the pager was told of the withdrawal, {check}",
    }
    return told[happening.step]


def _eased(alert: Alert) -> str:
    covered = alert.quiet == "covered"
    return "another alert tells this too" if covered else f"eased, now {alert.severity.value}"


def details(happening: Happening) -> list[str]:
    """What stands below the headline: the finding with what to do and its arithmetic, or a reason."""
    if happening.step in (Step.RAISED, Step.WORSENED, Step.RETURNED):
        found = [happening.alert.text]
        sum_ = arithmetic(happening.alert.facts.get("evidence") or {})
        return [*found, sum_] if sum_ else found
    if happening.step in (Step.EASED, Step.RESOLVED, Step.WITHDRAWN, Step.MOVED) and happening.line.because:
        return [happening.line.because]
    return []


def arithmetic(evidence: Mapping[str, Any]) -> str:
    """The sum behind a dose finding, as "12:00 20 + 16:00 20 due = 40 mg, limit 30 mg"; may be empty.

    Empty, too, where the doses listed are no sum, or do not make the total: then the text says what does.
    """
    doses, due = evidence.get("doses") or [], evidence.get("due") or []
    total, limit = evidence.get("total"), evidence.get("limit")
    listed = [*((dose, dose["start"], "") for dose in doses), *((dose, dose["due"], " due") for dose in due)]
    if not doses or total is None or limit is None or not all("counted" in dose for dose, _, _ in listed):
        return ""
    if sum(Decimal(str(dose["counted"])) for dose, _, _ in listed) != Decimal(str(total)):
        return ""
    unit = evidence.get("unit", "")
    parts = [
        f"{datetime.fromisoformat(at):%H:%M} {_plain(dose['counted'])}{word}" for dose, at, word in listed
    ]
    return f"{' + '.join(parts)} = {_plain(total)} {unit}, limit {_plain(limit)} {unit}"


def _plain(amount: Any) -> str:
    return plain(Decimal(str(amount)))
