"""The dosages of an RXE or RXO, as FHIR dosage instructions, so that words and structure are held against
each other by one rule for both formats.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.dosage import Dosage
from services.intake.fhir.dosage import dosages as of_instructions
from services.intake.fhir.elements import seconds
from services.intake.fhir.header import Context as FhirContext
from services.intake.fhir.references import Known
from services.intake.hl7v2.amounts import Element, element, plain_number, rate_elements, words
from services.intake.hl7v2.contradictions import counted_otherwise, runs_otherwise
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.message import Segment
from services.intake.hl7v2.stamping import Context
from services.intake.hl7v2.timing import Timing
from services.intake.reading import Unreadable


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a segment keeps what RXE and RXO both have."""

    code: int
    low: int
    texts: tuple[int, ...]
    dispensed: int
    per: int
    rate: int
    strength: int
    volume: int
    more_codes: int


RXE = Layout(
    code=2, low=3, texts=(7, 21), dispensed=10, per=22, rate=23, strength=25, volume=33, more_codes=31
)
RXO = Layout(code=1, low=2, texts=(7,), dispensed=11, per=17, rate=21, strength=18, volume=25, more_codes=24)


def amounts(detail: Segment, at: Layout) -> tuple[Element | None, Element | None]:
    """The least and the most of one dose. Raises `Misread`."""
    low, high = element(detail, at.low, at.low + 2), element(detail, at.low + 1, at.low + 2)
    if low is not None and high is not None and high["value"] < low["value"]:
        if high["value"]:
            raise Misread("bad-number", "is less than the least amount before it", detail, at.low + 1)
        high = None
    return low or high, high or low


def dosages(
    detail: Segment, at: Layout, timings: Sequence[Timing], route: Element | None, context: Context
) -> tuple[Dosage, ...]:
    """One dosage for each timing, one in any case. Raises `Unreadable`."""
    low, high = amounts(detail, at)
    rate = element(detail, at.rate, at.rate + 1)
    dispensed = plain_number(detail.field(at.dispensed).whole)
    items = []
    sequence = 1
    for timing in timings or (Timing(),):
        doses = _doses(low, high, rate, detail.field(at.per).whole)
        believed = not (
            timing.contradictory
            or counted_otherwise(timing.quantity, low, high, dispensed)
            or runs_otherwise(high, rate)
        )
        text = " ".join(
            part
            for part in (
                *(note.text(2) or note.text(1) for place in at.texts for note in detail.repetitions(place)),
                timing.text,
            )
            if part
        )
        items.append(
            {
                "sequence": sequence,
                "text": text if believed or text else _told(timing, low, high),
                "timing": {"repeat": _repeat(timing, detail, believed=believed)},
                "route": route,
                "doseAndRate": [doses] if believed and doses else [],
                **({"asNeededBoolean": True} if timing.as_needed else {}),
            }
        )
        sequence += timing.sequential
    resource = {"dosageInstruction": items}
    return of_instructions(resource, FhirContext(context.door, Known(), context.source), None)


def _doses(low: Element | None, high: Element | None, rate: Element | None, per: str) -> dict[str, Any]:
    """Dose and rate. A dose whose unit ends in a time, or that is given per time with no other rate stated,
    is a rate.
    """
    given = rate_elements(high, "" if rate is not None else per)
    if given:
        return given
    found: dict[str, Any] = {}
    if low is not None and high is not None:
        found["doseRange" if low is not high else "doseQuantity"] = (
            {"low": low, "high": high} if low is not high else low
        )
    return found | rate_elements(rate, per)


def _told(timing: Timing, low: Element | None, high: Element | None) -> str:
    """What was stated and not believed, where no other words keep it visible."""
    stated = words(timing.quantity), words(low), words(high) if high is not low else ""
    return " / ".join(part for part in stated if part)


def _repeat(timing: Timing, detail: Segment, *, believed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pattern = timing.pattern
    if believed:
        if pattern is not None and pattern.times is not None and pattern.period is not None:
            found = {"frequency": pattern.times, "period": pattern.period, "periodUnit": "s"}
        found["timeOfDay"] = list(timing.times_of_day)
        if timing.once:
            found["count"] = Decimal(1)
    start, end = timing.start, _end(timing)
    if start is not None and end is not None and end < start.at:
        raise Misread("end-before-start", "has a timing that ends before it starts", detail, 1)
    if start is not None or end is not None:
        bounds = {"start": start.at.isoformat() if start else None, "end": end.isoformat() if end else None}
        found["boundsPeriod"] = bounds
    return found


def _end(timing: Timing) -> datetime | None:
    """When a timing is over: when it says, else after its span, else when the last of its occurrences has
    had its time. A number of doses as needed may take forever.
    """
    if timing.end is not None:
        return timing.end.end
    if timing.start is None:
        return None
    try:
        lasts = seconds(timing.lasts, "") if timing.lasts is not None else _occurring(timing)
        return timing.start.at + timedelta(seconds=float(lasts)) if lasts is not None else None
    except (OverflowError, Unreadable):
        return None


def _occurring(timing: Timing) -> Decimal | None:
    """Seconds within which all occurrences fall; None for a single one."""
    often = timing.pattern.per_day if timing.pattern is not None else Decimal(len(timing.times_of_day))
    if timing.occurrences is None or timing.once or timing.as_needed or not often:
        return None
    return Decimal(86_400) * timing.occurrences / often
