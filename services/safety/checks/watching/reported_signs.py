"""Reports of one effect in a patient: observations that show it, and conditions entered for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.clinical import Observation
from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.patient.coded_conditions import matches
from services.safety.knowledge.kinds.after_effect import AfterEffect, Sign

_DENIED = ("neg", "none", "no ", "not ", "absent", "denie", "nil", "normal")


@dataclass(frozen=True, slots=True)
class Report:
    """The effect was reported at `at`; `said` is the value or the code that says so."""

    entity: str
    at: datetime
    said: str


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports in order, observations whose value cannot be read, and the next instant that matters."""

    seen: tuple[Report, ...]
    unreadable: tuple[str, ...]
    review_at: datetime | None


def reports(view: View, row: AfterEffect, span: timedelta) -> Reports:
    """What of an effect was reported in the last `span`."""
    after = view.now - span
    seen: dict[str, Report] = {}
    unreadable: dict[str, None] = {}
    review_at: datetime | None = None
    for sign in row.signs:
        timeline = view.ledger.observed.get(sign.code)
        if timeline is None:
            continue
        review_at = sooner(review_at, timeline.next_after(view.now))
        for entry in timeline.overlapping(after, view.now):
            if entry.start <= after:
                continue
            shown = _shows(sign, entry.fact)
            if isinstance(shown, NotAssessedReason):
                unreadable[entry.entity] = None
            elif shown is not None:
                seen[entry.entity] = Report(entry.entity, entry.start, shown)
            if shown is not None:
                review_at = earliest(view.now, review_at, entry.start + span)
    for entity, fact in view.ledger.conditions.items():
        code = next((code for code in row.conditions if matches(code, fact)), None)
        if code is None or not fact.active:
            continue
        review_at = earliest(view.now, review_at, fact.effective_at, fact.effective_at + span)
        if after < fact.effective_at <= view.now:
            seen[entity] = Report(entity, fact.effective_at, f"{code.system} {code.code}")
    ordered = sorted(seen.values(), key=lambda report: (report.at, report.entity))
    return Reports(tuple(ordered), tuple(unreadable), review_at)


def _shows(sign: Sign, fact: Observation) -> str | NotAssessedReason | None:
    """What says that the effect is there, None where it is not, a reason where that cannot be read."""
    if not sign.measured:
        if fact.value is not None:
            return str(fact.value) if fact.value.value > 0 else None
        stated = fact.text.strip().lower()
        return None if stated == "no" or stated.startswith(_DENIED) else stated or sign.code
    if fact.value is None or fact.value.unit not in sign.units:
        return NotAssessedReason.UNKNOWN_UNIT
    value = fact.value.value
    low = sign.below is not None and value < sign.below
    high = sign.at_least is not None and value >= sign.at_least
    return str(fact.value) if low or high else None
