"""What is told of an order as needed whose maximum is reached or passed, or cannot be judged."""

from collections.abc import Sequence

from pydantic import JsonValue

from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.amounts.shown_doses import shown_doses, shown_window
from services.safety.checks.doses.as_needed_limits import ONE, Most
from services.safety.checks.doses.rolling_most import Reached
from services.safety.checks.judgement import Finding, View, not_assessed
from services.safety.checks.span_words import in_words

CHECK = "as-needed-maximum"

_WHY = {
    NotAssessedReason.INSUFFICIENT_HISTORY: "its period is longer than doses are remembered",
    NotAssessedReason.UNMAPPED_DRUG: "the drug is known by its name only",
    NotAssessedReason.IMPLAUSIBLE_VALUE: "it is nothing at all",
}


def finding(view: View, ingredient: str, order: str, limit: Most, told: Reached) -> Finding:
    """What was given under an order, against one of its maxima."""
    unlinked: list[JsonValue] = [part.dose.entity for part in told.parts if part.dose.order is None]
    evidence: dict[str, JsonValue] = {
        "window": shown_window(limit.window, told.until),
        "doses": shown_doses(told.parts),
        "unit": limit.unit,
        "total": plain(told.amount),
        "limit": plain(limit.value),
        "order": order,
        "tolerance_minutes": int(view.tolerance_at(told.until).total_seconds() // 60),
    }
    if told.fits_at is not None:
        evidence["next_dose_fits_at"] = told.fits_at.isoformat()
    if unlinked:
        evidence["naming_no_order"] = unlinked
    if told.copies:
        evidence["suspected_copies"] = [p.dose.entity for p in told.parts if p.dose.entity in told.copies]
    return Finding(
        check=CHECK,
        subject=ingredient,
        subjects=(ingredient,),
        severity=told.severity,
        level=told.amount / limit.value if told.over else ONE,
        text=_text(view, ingredient, limit, told, unlinked=bool(unlinked)),
        implicated=(*(part.dose.entity for part in told.parts), order),
        evidence=evidence,
        high_alert=view.knowledge.high_alert(ingredient),
        retrospective=told.late,
    )


def _text(view: View, ingredient: str, limit: Most, told: Reached, *, unlinked: bool) -> str:
    span = in_words(limit.window)
    said = (
        f"{ingredient} as needed: {limit.words(told.amount)} given in the {span} up to "
        f"{view.clock(told.until)}; the order allows {limit.words(limit.value)} in {span}."
    )
    if unlinked:
        said += " Doses that name no order are counted."
    if told.copies:
        said += " So much only with a dose that looks like one charted again: one severity lower for it."
    if not told.late:
        until = "for now" if told.fits_at is None else f"until {view.clock(told.fits_at)}"
        said += f" Nothing is left {until}."
    return said + (" Ask the prescriber before the next dose." if told.over else "")


def unknown(ingredient: str, reason: NotAssessedReason, entities: Sequence[str]) -> Finding:
    """That a maximum, or what was given against it, cannot be judged."""
    why = _WHY.get(reason, "it or a dose given cannot be calculated")
    text = f"{ingredient}: the most that an order as needed allows cannot be judged; {why}."
    return not_assessed(CHECK, reason, ingredient, text, tuple(dict.fromkeys(entities)))
