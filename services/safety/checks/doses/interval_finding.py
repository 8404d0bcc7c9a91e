"""What is told of the breaches of one interval: one finding, by the worst of them.

House rule: an order's own interval is the prescriber's wish and no limit of the drug, so a breach of it is
minor, and moderate if hard.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import SourceRef
from schemas.quantities import plain
from services.safety.checks.doses.interval_breach import Breach
from services.safety.checks.judgement import Finding, View
from services.safety.checks.span_words import in_words
from services.safety.knowledge.kinds.interval import Interval
from services.safety.ledger.entries import Given

CHECK = "dose-interval"

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_A_MINUTE = 60_000_000
_ASK = "Ask why it was given early, and tell the prescriber if the dose does not last."


def by_rule(view: View, breaches: Sequence[Breach], row: Interval, source: SourceRef) -> Finding:
    """The breaches of a row's interval."""
    told, worst = _worst(breaches, row.severity)
    return Finding(
        check=CHECK,
        subject=worst.dose.ingredient,
        subjects=(worst.dose.ingredient,),
        severity=worst.severity(row.severity),
        level=Decimal(len(told)),
        text=_text(view, told, worst, "", row.action),
        implicated=_entities(told),
        evidence=_evidence(view, told, worst),
        sources=(source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(worst.dose.ingredient, row.routes),
        retrospective=worst.late,
    )


def by_order(view: View, breaches: Sequence[Breach], order: str) -> Finding:
    """The breaches of an order's interval; doses that name no order are shown as such."""
    told, worst = _worst(breaches, Severity.MINOR)
    unlinked: list[JsonValue] = [dose.entity for dose in (worst.before, worst.dose) if dose.order is None]
    evidence: dict[str, JsonValue] = {**_evidence(view, told, worst), "order": order}
    if unlinked:
        evidence["naming_no_order"] = unlinked
    return Finding(
        check=CHECK,
        subject=worst.dose.ingredient,
        subjects=(worst.dose.ingredient,),
        severity=worst.severity(Severity.MINOR),
        level=Decimal(len(told)),
        text=_text(view, told, worst, " by the order", _ASK),
        implicated=(*_entities(told), order),
        evidence=evidence,
        high_alert=view.knowledge.high_alert(worst.dose.ingredient),
        retrospective=worst.late,
    )


def _worst(breaches: Sequence[Breach], stated: Severity) -> tuple[Sequence[Breach], Breach]:
    """What is told, of the present if anything is, and the gravest and shortest gap of it."""
    told = [each for each in breaches if not each.late] or breaches
    return told, min(told, key=lambda each: (-each.severity(stated).rank, each.gap, each.dose.start))


def _text(view: View, told: Sequence[Breach], worst: Breach, by: str, action: str) -> str:
    more = f" {len(told)} doses came too early." if len(told) > 1 else ""
    return (
        f"{worst.dose.ingredient}: given at {view.clock(worst.dose.start)}, "
        f"{in_words(worst.gap)} after the dose before; at least {in_words(worst.least.interval)}{by}."
        f"{more} {action}"
    )


def _entities(told: Sequence[Breach]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(e for each in told for e in (each.before.entity, each.dose.entity)))


def _evidence(view: View, told: Sequence[Breach], worst: Breach) -> dict[str, JsonValue]:
    return {
        "doses": [_shown(worst.before), _shown(worst.dose)],
        "unit": "min",
        "total": plain(minutes(worst.gap)),
        "limit": plain(minutes(worst.least.interval)),
        "tolerance_minutes": int(view.tolerance_at(worst.dose.start).total_seconds() // 60),
        "too_early": len(told),
    }


def _shown(dose: Given) -> JsonValue:
    return {
        "entity": dose.entity,
        "start": dose.start.isoformat(),
        "stated": dose.stated,
        "route": dose.route.value,
        "source": dose.source,
    }


def minutes(span: timedelta) -> Decimal:
    """A span in minutes, as evidence states it."""
    return round(Decimal(span // _MICROSECOND) / _MICROSECONDS_A_MINUTE, 9).normalize() + 0
