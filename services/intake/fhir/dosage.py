"""dosageInstruction as the contract's dosages, believed only where structure and words do not contradict."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from schemas.dosage import Dosage
from schemas.medications import Route
from schemas.quantities import Quantity
from services.intake import routes
from services.intake.fhir import dosage_text, frequency_words
from services.intake.fhir.amounts import amounts_of, exceeds, maxima_of
from services.intake.fhir.codes import codings, flag, several, short, wording
from services.intake.fhir.header import Context
from services.intake.fhir.timing import Schedule, schedule
from services.intake.reading import Unreadable

_MOST_EVENTS = 50
_MOST_INSTRUCTIONS = 500


def route_of(concept: object) -> Route:
    """The route of a CodeableConcept; UNKNOWN where it is not listed."""
    for coding in codings(concept):
        if coding.system == "snomed" and coding.code in routes.BY_SNOMED:
            return routes.BY_SNOMED[coding.code]
    words = [wording(concept)] + [
        text for coding in codings(concept) for text in (coding.code, coding.display)
    ]
    found = (routes.by_word(word) for word in words)
    return next((route for route in found if route is not Route.UNKNOWN), Route.UNKNOWN)


def dosages(
    resource: dict[str, Any], context: Context, from_start: datetime | None, name: str = "dosageInstruction"
) -> tuple[Dosage, ...]:
    """All dosage instructions in the element `name`, in their order. Raises `Unreadable`.

    What has no start of its own begins when the sequence number before it has ended (a taper told by
    durations), else `from_start`.
    """
    found: list[Dosage] = []
    ends: dict[int, datetime | None] = {}
    instructions = several(resource, name)
    if len(instructions) > _MOST_INSTRUCTIONS:
        raise Unreadable("too-large", f"an order may have at most {_MOST_INSTRUCTIONS} dosages", name)
    for number, item in enumerate(instructions):
        try:
            begins = _begin(_sequence(item), ends, from_start)
            read = _dosages(item, context, from_start if begins is None else begins, begins)
        except Unreadable as error:
            raise error.within(f"{name}[{number}]") from error
        for dosage in read:
            ends[dosage.sequence] = _later(ends.get(dosage.sequence, dosage.ends_at), dosage.ends_at)
        found += read
    return tuple(found)


def _begin(sequence: int, ends: dict[int, datetime | None], from_start: datetime | None) -> datetime | None:
    """Where the earlier sequence numbers end; None where there are none, or nothing says when."""
    before = [end for number, end in ends.items() if number < sequence]
    known = [end for end in before if end is not None]
    return max(known) if known and len(known) == len(before) and from_start is not None else None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends; None, which is open, is later than any."""
    return max(one, other) if one is not None and other is not None else None


def _after(begins: datetime | None, timed: Schedule) -> datetime | None:
    return begins if begins is not None and (timed.ends_at is None or begins <= timed.ends_at) else None


def _sequence(item: dict[str, Any]) -> int:
    stated = item.get("sequence")
    if stated is None:
        return 1
    if not isinstance(stated, int) or isinstance(stated, bool) or stated < 0:
        raise Unreadable("wrong-schema", "the sequence of a dosage is no whole number", "sequence")
    return stated


def _dosages(
    item: dict[str, Any], context: Context, from_start: datetime | None, begins: datetime | None
) -> list[Dosage]:
    text = short(item.get("text")) or short(item.get("patientInstruction"))
    needed = _as_needed(item, text)
    timed = schedule(item.get("timing"), context.door, from_start, as_needed=needed)
    low, high, rate = amounts_of(item)
    doses = tuple(dose for dose in (low, high) if dose is not None)
    span, most = dosage_text.days(text), maxima_of(item)
    if any(exceeds(low or high, timed, cap, needed) for cap in most):
        low, high, rate, most, timed = None, None, None, (), _distrusted(timed, span)
    if _contradictory(text, timed, doses) or _lasts_otherwise(timed, span):
        low = high = rate = None
        timed = _distrusted(timed, span)
    dosage = Dosage(
        sequence=_sequence(item),
        text=text,
        route=route_of(item.get("route")),
        dose_low=low,
        dose_high=high,
        rate=rate,
        times_low=timed.low,
        times_high=timed.high,
        period_seconds=timed.period,
        times_of_day=timed.times_of_day,
        once=timed.once,
        as_needed=needed,
        max_dose=most,
        starts_at=timed.starts_at or _after(begins, timed),
        ends_at=timed.ends_at,
    )
    if not timed.events or len(timed.events) > _MOST_EVENTS:
        return [dosage]
    return [dosage.model_copy(update={"once": True, "starts_at": at}) for at in timed.events]


def _contradictory(text: str, timed: Schedule, doses: tuple[Quantity, ...]) -> bool:
    return (
        timed.contradictory
        or frequency_words.frequency_contradicts(text, timed)
        or dosage_text.amount_contradicts(text, doses)
    )


def _lasts_otherwise(timed: Schedule, days: Any) -> bool:
    if days is None or timed.counted_from is None or timed.ends_at is None:
        return False
    return abs((timed.ends_at - timed.counted_from) - timedelta(days=float(days))) > timedelta(days=1)


def _distrusted(timed: Schedule, days: Any) -> Schedule:
    """No schedule, and the longer of the spans named, so that it stays visible for as long as it may hold."""
    ends_at = timed.ends_at
    if days is not None and timed.counted_from is not None and ends_at is not None:
        ends_at = max(ends_at, timed.counted_from + timedelta(days=float(days)))
    return replace(
        timed, low=None, high=None, period=None, times_of_day=(), once=False, ends_at=ends_at, events=()
    )


def _as_needed(item: dict[str, Any], text: str) -> bool:
    stated = flag(item, "asNeededBoolean")
    if stated is not None:
        return stated
    return isinstance(item.get("asNeededCodeableConcept"), dict) or dosage_text.as_needed(text)
