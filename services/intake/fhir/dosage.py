"""dosageInstruction as the contract's dosages, believed only where structure and words do not contradict."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.clinical import Dosage, MaxDose, Rate, Route
from schemas.quantities import Quantity, UnconvertibleUnit, UnknownUnit
from services.intake import routes
from services.intake.fhir import dosage_text, frequency_words
from services.intake.fhir.codes import codings, flag, several, short, wording
from services.intake.fhir.elements import quantity, quantity_rate, ratio_rate, seconds
from services.intake.fhir.header import Context
from services.intake.fhir.timing import Schedule, schedule
from services.intake.reading import Unreadable

_MOST_EVENTS = 50
_ROUNDED = Decimal("0.2")
"""How far the ways in which one dose is stated may lie apart, as a part of it."""
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
    low, high, rate = _amounts(item)
    doses = tuple(dose for dose in (low, high) if dose is not None)
    span = dosage_text.days(text)
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
        max_dose=_max_dose(item),
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


def _amounts(item: dict[str, Any]) -> tuple[Quantity | None, Quantity | None, Rate | None]:
    entries = several(item, "doseAndRate")
    if not entries:
        return None, None, None
    read = [_dose_and_rate(entry, number) for number, entry in enumerate(entries)]
    absolute = [found for found in read if not _per_body(found)] or read
    doses = [dose for found in absolute if (dose := found[1] or found[0]) is not None]
    if any(_far_apart(doses[0], other) for other in doses[1:]):
        return None, None, None
    return absolute[0]


def _far_apart(one: Quantity, other: Quantity) -> bool:
    """Whether two amounts of one dose differ by more than what was rounded."""
    try:
        return abs(other.to(one.unit) - one.value) > one.value * _ROUNDED
    except (UnknownUnit, UnconvertibleUnit):
        return False


def _dose_and_rate(
    entry: dict[str, Any], number: int
) -> tuple[Quantity | None, Quantity | None, Rate | None]:
    place = f"doseAndRate[{number}]"
    span = entry.get("doseRange")
    dose = quantity(entry.get("doseQuantity"), f"{place}.doseQuantity")
    low = high = dose
    if isinstance(span, dict):
        low = quantity(span.get("low"), f"{place}.doseRange.low")
        high = quantity(span.get("high"), f"{place}.doseRange.high")
        if dose is not None or _turned_round(low, high):
            low = high = None
    return low, high, rate_of(entry, place)


def _turned_round(low: Quantity | None, high: Quantity | None) -> bool:
    """Whether a range ends below where it begins, or in something else."""
    if low is None or high is None:
        return False
    try:
        return low.to(high.unit) > high.value
    except UnconvertibleUnit:
        return True
    except UnknownUnit:
        return low.unit == high.unit and low.value > high.value


def rate_of(element: dict[str, Any], place: str) -> Rate | None:
    """The rate of the dosage at `place`; of a range its upper end. None where it is not an amount per time,
    or stated in two ways that differ.
    """
    span = element.get("rateRange")
    upper = span.get("high") if isinstance(span, dict) else None
    told = (
        ratio_rate(element.get("rateRatio"), f"{place}.rateRatio"),
        quantity_rate(element.get("rateQuantity"), f"{place}.rateQuantity"),
        quantity_rate(upper, f"{place}.rateRange.high"),
    )
    rates = [rate for rate in told if rate is not None]
    return rates[0] if rates and all(rate == rates[0] for rate in rates) else None


def _per_body(found: tuple[Quantity | None, Quantity | None, Rate | None]) -> bool:
    dose = found[1] or found[0] or (found[2].amount if found[2] else None)
    return dose is not None and any(part in ("kg", "m2") for part in dose.unit.lower().split("/")[1:])


def _as_needed(item: dict[str, Any], text: str) -> bool:
    stated = flag(item, "asNeededBoolean")
    if stated is not None:
        return stated
    return isinstance(item.get("asNeededCodeableConcept"), dict) or dosage_text.as_needed(text)


def _max_dose(item: dict[str, Any]) -> tuple[MaxDose, ...]:
    stated = item.get("maxDosePerPeriod")
    found = []
    for ratio in stated if isinstance(stated, list) else [stated]:
        if isinstance(ratio, dict):
            amount = quantity(_at_most(ratio.get("numerator")), "maxDosePerPeriod.numerator")
            period = seconds(ratio.get("denominator"), "maxDosePerPeriod.denominator")
            if amount is not None and period is not None:
                found.append(MaxDose(amount=amount, period_seconds=period))
    return tuple(found)


def _at_most(element: object) -> object:
    """The amount of a maximum, where "at most" is said once more by a comparator."""
    if not isinstance(element, dict) or element.get("comparator") not in ("<", "<="):
        return element
    return {name: value for name, value in element.items() if name != "comparator"}
