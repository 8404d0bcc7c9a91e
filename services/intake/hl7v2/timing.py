"""TQ1, and the quantity/timing (TQ) of 2.3 and 2.4 in RXE-1 and ORC-7: when, how often, how many."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.intake.door import Door
from services.intake.fhir.elements import Moment
from services.intake.hl7v2.amounts import Element, plain_number, span, unit_element
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.message import MOST_REPETITIONS, Field, Segment
from services.intake.hl7v2.patterns import Pattern, both, named, within
from services.intake.hl7v2.times import ending, moment, time_of_day

_TIMES = re.compile(r"X(\d{1,4})", re.IGNORECASE)
_MOST_OCCURRENCES = 9_999


@dataclass(frozen=True, slots=True)
class Timing:
    """One timing of an order; absent parts were not stated. `quantity` is how much is given each time where
    the sender puts it here, with the unit if there is one; `occurrences`: how often in all.
    """

    quantity: Element | None = None
    pattern: Pattern | None = None
    times_of_day: tuple[str, ...] = ()
    start: Moment | None = None
    end: Moment | None = None
    lasts: Element | None = None
    occurrences: int | None = None
    once: bool = False
    as_needed: bool = False
    text: str = ""
    sequential: bool = False
    contradictory: bool = False

    def over(self, other: "Timing") -> "Timing":
        """This timing, with what it leaves open taken from `other`."""
        how_often = self if self.pattern is not None or self.times_of_day or self.once else other
        return Timing(
            quantity=self.quantity or other.quantity,
            pattern=how_often.pattern,
            times_of_day=how_often.times_of_day,
            start=self.start or other.start,
            end=self.end or other.end,
            lasts=self.lasts or other.lasts,
            occurrences=how_often.occurrences,
            once=how_often.once,
            as_needed=self.as_needed or other.as_needed,
            text=self.text or other.text,
            sequential=self.sequential,
            contradictory=self.contradictory or other.contradictory,
        )


def of_tq1(segments: Sequence[Segment], door: Door) -> tuple[Timing, ...]:
    """The timings of some TQ1. Raises `Misread`."""
    found = []
    stated = 0
    for item in segments:
        repeats = item.repetitions(3)
        stated += max(1, len(repeats))
        if stated > MOST_REPETITIONS:
            raise Misread("too-large", f"states more than {MOST_REPETITIONS} timings of one order", item, 3)
        patterns = [_of_rpt(part) for part in repeats]
        timing = Timing(
            quantity=_quantity(item.field(2)),
            start=moment(item, 7, door),
            end=ending(item, 8, door),
            lasts=_duration(item.field(6)),
            occurrences=_occurrences(item.field(14).whole),
            as_needed=any(_needed(part.text(1)) for part in item.repetitions(9)),
            text=" ".join(text for at in (10, 11) if (text := item.field(at).whole)),
            sequential=item.text(12).upper() == "S",
        )
        times = [part.text(1) for part in item.repetitions(4)]
        found.append(_patterned(_timed(timing, times), patterns))
    return tuple(found)


def of_tq(segment: Segment, at: int, door: Door) -> tuple[Timing, ...]:
    """The timings of a quantity/timing field. Raises `Misread`."""
    found = []
    for item in segment.repetitions(at):
        counted = _TIMES.fullmatch(item.text(3))
        timing = Timing(
            quantity=_quantity(Field(item.raw.split(item.signs.component)[0], item.signs), sub=True),
            start=moment(segment, at, door, of=item.text(4)),
            end=ending(segment, at, door, of=item.text(5)),
            lasts=span(item.text(3)),
            occurrences=_occurrences(item.text(12)) or _occurrences(counted[1] if counted else ""),
            as_needed=_needed(item.text(6)),
            text=" ".join(text for part in (7, 8) if (text := item.text(part))),
            sequential=item.text(9).upper() == "S",
        )
        found.append(_patterned(_timed(timing, item.text(2, 2).split(",")), [named(item.text(2, 1))]))
    return tuple(found)


def _timed(timing: Timing, written: Sequence[str]) -> Timing:
    """The timing at its times of day. With one among them that is none nobody knows how many are meant, and
    all of them stay as text.
    """
    stated = [part for part in written if part]
    times = tuple(time for part in stated if (time := time_of_day(part)))
    if len(times) == len(stated):
        return replace(timing, times_of_day=times)
    return replace(timing, text=" ".join((timing.text, *stated)).strip(), contradictory=True)


def _occurrences(text: str) -> int | None:
    number = plain_number(text)
    whole = number is not None and number == int(number) and 0 < number <= _MOST_OCCURRENCES
    return int(number) if whole and number is not None else None


def _patterned(timing: Timing, patterns: Sequence[Pattern]) -> Timing:
    """The timing with its patterns; what no pattern is known for stays as text."""
    timing = replace(timing, once=timing.once or timing.occurrences == 1)
    found = both(patterns)
    if found is None:
        return timing
    daily = found.per_day
    counted = len(timing.times_of_day)
    return replace(
        timing,
        pattern=found if found.times is not None else None,
        once=timing.once or found.once,
        as_needed=timing.as_needed or found.as_needed,
        text=" ".join(part for part in (timing.text, found.text) if part),
        contradictory=timing.contradictory
        or found.contradictory
        or bool(counted and daily is not None and counted != daily),
    )


def _of_rpt(item: Field) -> Pattern:
    """A repeat pattern: its code, and the period beside it, which must not differ."""
    return within(named(item.text(1, 1)), plain_number(item.text(5)), item.text(6, 1))


def _quantity(item: Field, *, sub: bool = False) -> Element | None:
    """A composite quantity (CQ); in TQ its parts are subcomponents. None where it is no number."""
    value = item.text(1, 1) if sub else item.text(1)
    number = plain_number(value)
    if number is None or number < 0:
        return None
    code = item.text(1, 2) if sub else item.text(2, 1)
    word = item.text(1, 3) if sub else item.text(2, 2)
    return {"value": number, "code": code, "unit": word if not code else ""}


def _duration(item: Field) -> Element | None:
    number = plain_number(item.text(1))
    unit = item.text(2, 1) or item.text(2, 2)
    if number is None or number <= 0:
        return span(item.text(1))
    return unit_element(Field(unit, item.signs), number) if unit else None


def _needed(priority: str) -> bool:
    return priority.upper().startswith("PRN")
