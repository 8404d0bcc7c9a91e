"""How much a dosage says is taken, believed only where it does not say it in two ways that differ."""

from decimal import Decimal
from typing import Any

from schemas.dosage import MaxDose, Rate
from schemas.quantities import Quantity, UnconvertibleUnit, UnknownUnit
from services.intake.fhir.codes import several
from services.intake.fhir.elements import quantity, quantity_rate, ratio_rate, seconds
from services.intake.fhir.timing import Schedule

_ROUNDED = Decimal("0.2")
"""How far the ways in which one dose is stated may lie apart, as a part of it."""


def exceeds(dose: Quantity | None, timed: Schedule, cap: MaxDose, as_needed: bool) -> bool:
    """Whether the least that is scheduled is more than the maximum of the same dosage: one of both is wrong,
    and the maximum would make the other less. As needed, the maximum is what bounds the schedule.
    """
    try:
        single = dose.to(cap.amount.unit) if dose is not None else None
    except (UnknownUnit, UnconvertibleUnit):
        return False
    if single is None:
        return False
    if as_needed or timed.low is None or timed.period is None:
        return single > cap.amount.value
    return max(single, single * timed.low * cap.period_seconds / timed.period) > cap.amount.value


def amounts_of(item: dict[str, Any]) -> tuple[Quantity | None, Quantity | None, Rate | None]:
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


def maxima_of(item: dict[str, Any]) -> tuple[MaxDose, ...]:
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
