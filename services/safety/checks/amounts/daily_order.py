"""What one order amounts to in a day or another window: the scheduled part, and what "as needed" may add."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from schemas.dosage import Dosage, MaxDose
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from schemas.quantities import Quantity
from services.safety.checks.judgement import earliest
from services.safety.checks.remembering import Remembered
from services.safety.ledger.amounts import Amount, amount_of
from services.safety.ledger.entries import Prescribed

_DAY = timedelta(hours=24)
_DAY_SECONDS = Decimal(86_400)


@dataclass(frozen=True, slots=True)
class DailyPart:
    """One dosage of an order over 24 hours or the window asked for, worst case.

    `amount` in base units, `doses` how many.
    """

    entry: Prescribed
    dosage: Dosage
    single: Amount
    doses: Decimal
    amount: Decimal
    as_needed: bool
    route: Route


_Parts = tuple[list[DailyPart], list[NotAssessedReason]]
_remembered: Remembered[_Parts] = Remembered()


def daily_parts(entry: Prescribed, now: datetime, window: timedelta = _DAY) -> _Parts:
    """The parts of an order that are in force now, and why other parts could not be calculated.

    Dosages with one sequence number run together; of several numbers without dates the largest day counts,
    because nothing says which step has been reached.
    """
    return _remembered(
        now, (entry,), (window,), lambda: (parts_at(entry, now, window), earliest(now, *dose_changes(entry)))
    )[0]


def parts_at(entry: Prescribed, now: datetime, window: timedelta = _DAY) -> _Parts:
    """The same for any instant, worked out anew."""
    parts: list[DailyPart] = []
    problems: list[NotAssessedReason] = []
    dosages = [dosage for dosage in entry.order.dosages if in_force(dosage, now)]
    if not entry.order.dosages:
        problems.append(NotAssessedReason.MISSING_DOSE)
    for dosage in dosages:
        outcome = _part(entry, dosage, window)
        if isinstance(outcome, DailyPart):
            parts.append(outcome)
        else:
            problems.append(outcome)
    undated = {
        part.dosage.sequence
        for part in parts
        if part.dosage.starts_at is None and part.dosage.ends_at is None
    }
    if len(undated) > 1:
        sums = {
            number: sum((p.amount for p in parts if p.dosage.sequence == number), Decimal(0))
            for number in undated
        }
        largest = max(sorted(sums), key=lambda number: sums[number])
        parts = [p for p in parts if p.dosage.sequence not in undated or p.dosage.sequence == largest]
    return parts, problems


def in_force(dosage: Dosage, now: datetime) -> bool:
    """Whether the dosage's own dates include the instant."""
    return (dosage.starts_at is None or dosage.starts_at <= now) and (
        dosage.ends_at is None or now < dosage.ends_at
    )


def dose_changes(entry: Prescribed) -> list[datetime]:
    """The instants at which the dosages in force change."""
    return [i for d in entry.order.dosages for i in (d.starts_at, d.ends_at) if i is not None]


def part_of(entry: Prescribed, dosage: Dosage) -> DailyPart | None:
    """What one dosage amounts to, None where it cannot be calculated."""
    outcome = _part(entry, dosage, _DAY)
    return outcome if isinstance(outcome, DailyPart) else None


def _part(entry: Prescribed, dosage: Dosage, window: timedelta) -> DailyPart | NotAssessedReason:
    dose = dosage.dose_high or dosage.dose_low
    window = _lasting(entry, dosage, window)
    if entry.content is None:
        return NotAssessedReason.UNMAPPED_DRUG
    if dose is None and dosage.rate is not None:
        hourly = dosage.rate
        value = round(hourly.amount.value * _seconds(window) / hourly.per_seconds, 9)
        single = amount_of(
            Quantity(value=value, unit=hourly.amount.unit), entry.product, entry.content, entry.body
        )
        doses: Decimal | None = Decimal(1)
    elif dose is None:
        return NotAssessedReason.TEXT_ONLY_DOSE if dosage.text else NotAssessedReason.MISSING_DOSE
    else:
        single = amount_of(dose, entry.product, entry.content, entry.body)
        doses = doses_within(dosage, window)
    if not isinstance(single, Amount):
        return single
    capped = _cap(entry, dosage, single, window)
    if doses is None:
        if capped is None:
            return NotAssessedReason.TEXT_ONLY_DOSE if dosage.text else NotAssessedReason.MISSING_DOSE
        doses = capped / single.value if single.value else Decimal(0)
    amount = single.value * doses
    if capped is not None:
        amount = min(amount, capped)
    return DailyPart(entry, dosage, single, doses, amount, dosage.as_needed, dosage.route)


def _lasting(entry: Prescribed, dosage: Dosage, window: timedelta) -> timedelta:
    """Of a window longer than a day what the dosage can fill before it ends, but never less than a day."""
    if window <= _DAY:
        return window
    ends = [instant for instant in (entry.until, dosage.ends_at) if instant is not None]
    if not ends:
        return window
    return max(_DAY, min(window, min(ends) - max(entry.start, dosage.starts_at or entry.start)))


def doses_within(dosage: Dosage, window: timedelta) -> Decimal | None:
    """How many doses a window may hold at most, None where no schedule is structured.

    Clock times are those of one day, or of every so many days where the period is longer than one.
    """
    if dosage.once:
        return Decimal(1)
    named, seconds = Decimal(len(dosage.times_of_day)), _seconds(window)
    if dosage.period_seconds is None:
        return named * _rounds(seconds, _DAY_SECONDS) or None
    times = dosage.times_high or dosage.times_low or Decimal(1)
    by_clock = named * _rounds(seconds, max(dosage.period_seconds, _DAY_SECONDS))
    return max(by_clock, (times * seconds / dosage.period_seconds).to_integral_value(ROUND_CEILING))


def _seconds(window: timedelta) -> Decimal:
    return Decimal(window // timedelta(microseconds=1)) / 1_000_000


def _rounds(seconds: Decimal, period: Decimal) -> Decimal:
    return (seconds / period).to_integral_value(ROUND_CEILING)


def _cap(entry: Prescribed, dosage: Dosage, single: Amount, window: timedelta) -> Decimal | None:
    caps = [_cap_within(entry, cap, single, window) for cap in dosage.max_dose]
    known = [cap for cap in caps if cap is not None]
    return min(known) if known else None


def _cap_within(entry: Prescribed, cap: MaxDose, single: Amount, window: timedelta) -> Decimal | None:
    if entry.content is None:
        return None
    amount = amount_of(cap.amount, entry.product, entry.content, entry.body)
    if not isinstance(amount, Amount) or amount.dimension != single.dimension:
        return None
    return amount.value * _rounds(_seconds(window), cap.period_seconds)


def once_until(entry: Prescribed, dosage: Dosage) -> datetime | None:
    """A dose ordered once counts for 24 hours from its start."""
    return (dosage.starts_at or entry.start) + timedelta(hours=24) if dosage.once else None
