"""What is accepted and will be judged only in part, said to whoever sends it while they can still mend it."""

from collections.abc import Iterator

from schemas.clinical import Administration, FactStatus, Observation, Order, Outcome
from schemas.dosage import Dosage
from schemas.quantities import Quantity, UnknownUnit, ucum
from services.intake.fhir.elements import NO_UNIT
from services.intake.http.outcomes import Json, issue
from services.intake.reading import Event
from services.safety.ledger.body import bare_unit


def remarks(event: Event, place: str) -> Iterator[Json]:
    """The warnings about one event; `place` is its resource's, by FHIRPath."""
    if getattr(event, "status", None) is FactStatus.ENTERED_IN_ERROR:
        return
    if isinstance(event, Order | Administration) and not event.medication.codings:
        named = bool(event.medication.text or event.medication.ingredients)
        sentence = (
            "The drug has no code: it is known by its name only."
            if named
            else "Nothing says which drug it is, and nothing of it is assessed: send a code, or the"
            " Medication that is referred to in the same request."
        )
        yield issue(
            "warning", "informational" if named else "incomplete", sentence, expression=f"{place}.medication"
        )
    if isinstance(event, Observation) and not event.codings:
        sentence = "What was measured has no code: nothing is judged by it."
        yield issue("warning", "incomplete", sentence, expression=f"{place}.code")
    if isinstance(event, Administration) and event.outcome is not Outcome.NOT_DONE:
        amount = event.dose or (event.rate.amount if event.rate else None)
        if amount is None:
            sentence = (
                "No amount was read, or words and structure contradict each other: this dose is not assessed."
            )
            yield issue("warning", "incomplete", sentence, expression=f"{place}.dosage")
        elif (unit := _unit(amount)) is not None:
            yield issue("warning", "incomplete", unit, expression=f"{place}.dosage")
    if isinstance(event, Order) and not event.do_not_perform:
        if any(dosage.dose_high is None and dosage.rate is None for dosage in event.dosages):
            sentence = (
                "A dosage without an amount was read, or words and structure contradict each other: it is not"
                " assessed."
            )
            yield issue("warning", "incomplete", sentence, expression=f"{place}.dosageInstruction")
        elif units := [
            unit for each in event.dosages for amount in _amounts(each) if (unit := _unit(amount))
        ]:
            yield issue("warning", "incomplete", units[0], expression=f"{place}.dosageInstruction")
        elif not event.dosages:
            sentence = "The order says no dosage: how much was prescribed is not assessed."
            yield issue("warning", "incomplete", sentence, expression=f"{place}.dosageInstruction")
    if getattr(event, "assumed_tz", False):
        sentence = "A time had no UTC offset: the facility's zone was assumed."
        yield issue("information", "informational", sentence, expression=place)


def _amounts(dosage: Dosage) -> Iterator[Quantity]:
    if dosage.dose_high is not None:
        yield dosage.dose_high
    if dosage.rate is not None:
        yield dosage.rate.amount


def _unit(amount: Quantity) -> str | None:
    """What is wrong with the unit; None where it is known."""
    if amount.unit == NO_UNIT:
        return "An amount has no unit: it is not assessed."
    try:
        ucum(bare_unit(amount.unit) if "/" in amount.unit else amount.unit)
    except UnknownUnit:
        return "The unit of an amount is none that is known here: it is not assessed. Send the UCUM code."
    return None
