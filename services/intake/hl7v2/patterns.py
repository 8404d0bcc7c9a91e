"""Repeat patterns (HL7 table 0335): "BID", "Q6H", "QHS", "PRN" and their like, as times within a period."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from schemas.quantities import UnknownUnit, base
from services.intake.fhir.timing import CODES

_DAY = Decimal(86_400)
_EVERY = re.compile(r"Q(\d{1,4})(S|M|H|D|W|L)")
_DAILY = re.compile(r"(\d{1,2})ID")
_SECONDS = {
    "S": Decimal(1), "M": Decimal(60), "H": Decimal(3_600), "D": _DAY, "W": 7 * _DAY, "L": Decimal(2_629_800),
}  # fmt: skip
_ONCE_A_DAY = frozenset({"HS", "QDAY", "DAILY", "QDAILY", "QNOON", "QNIGHT", "NIGHTLY"}) | frozenset(
    when + meal for when in ("AC", "PC", "IC") for meal in "MDV"
)
_ONCE = frozenset({"ONCE", "ONETIME", "1TIME", "X1", "STAT", "NOW"})
_CONTINUOUS = frozenset({"C", "CONT", "CONTINUOUS"})


@dataclass(frozen=True, slots=True)
class Pattern:
    """`times` within `period` seconds; `text` is what was not understood."""

    times: Decimal | None = None
    period: Decimal | None = None
    once: bool = False
    as_needed: bool = False
    text: str = ""
    contradictory: bool = False

    @property
    def per_day(self) -> Decimal | None:
        """How often a day; None where it is not said."""
        return self.times * _DAY / self.period if self.times is not None and self.period else None


def named(code: str) -> Pattern:
    """The pattern of a code. One that is not known stays as text and gives no schedule."""
    bare = code.upper().replace(" ", "").replace(".", "")
    if bare.startswith("PRN"):
        return replace(named(bare[3:]), as_needed=True)
    if bare in _ONCE:
        return Pattern(once=True)
    if not bare or bare in _CONTINUOUS:
        return Pattern()
    if bare in _ONCE_A_DAY:
        return Pattern(Decimal(1), _DAY)
    if (listed := CODES.get(bare)) is not None:
        return Pattern(Decimal(listed[0]), Decimal(listed[1]) * 3_600)
    if (every := _EVERY.fullmatch(bare)) is not None and int(every[1]):
        return Pattern(Decimal(1), int(every[1]) * _SECONDS[every[2]])
    if (daily := _DAILY.fullmatch(bare)) is not None and int(daily[1]):
        return Pattern(Decimal(daily[1]), _DAY)
    return Pattern(text=code)


def within(pattern: Pattern, number: Decimal | None, unit: str) -> Pattern:
    """The pattern with a period stated beside its code: once in it, and no other than the code's."""
    if number is None or number <= 0 or not unit:
        return pattern
    try:
        period, dimension = base(number, unit)
    except UnknownUnit:
        return pattern
    if dimension != "time":
        return pattern
    stated = replace(pattern, times=Decimal(1), period=period)
    if pattern.per_day is None:
        return stated
    return replace(pattern, contradictory=pattern.contradictory or pattern.per_day != stated.per_day)


def both(patterns: Sequence[Pattern]) -> Pattern | None:
    """Several patterns as one: their times of the same period together ("QAM" and "QHS": twice a day)."""
    if len(patterns) < 2:
        return patterns[0] if patterns else None
    periods = {item.period for item in patterns}
    whole = len(periods) == 1 and all(item.times is not None for item in patterns)
    return Pattern(
        times=sum((item.times for item in patterns if item.times is not None), Decimal(0)) if whole else None,
        period=periods.pop() if whole else None,
        once=all(item.once for item in patterns),
        as_needed=any(item.as_needed for item in patterns),
        text=" ".join(item.text for item in patterns if item.text),
        contradictory=any(item.contradictory for item in patterns),
    )
