"""OBX: what was measured or reported."""

import re
from decimal import Decimal

from schemas.clinical import Observation
from schemas.quantities import Quantity
from services.intake.fhir.codes import short
from services.intake.fhir.elements import quantity, unit_of
from services.intake.hl7v2.amounts import plain_number, unit_element
from services.intake.hl7v2.codes import coded
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import numbered, shortened
from services.intake.hl7v2.message import Field, Segment
from services.intake.hl7v2.stamping import Context, stamps
from services.intake.hl7v2.times import moment

_VERSIONS = {
    "": 1,
    "F": 1,
    "P": 0,
    "S": 0,
    "R": 0,
    "U": 2,
    "V": 2,
    "B": 1,
    "A": 1,
    "C": 3,
    "D": 4,
    "W": 4,
    "X": 4,
}
"""HL7 table 0085; of statements made in the same second the later step of a result holds."""
_VOID = frozenset({"D", "W", "X"})
_PENDING = frozenset({"I", "O", "N"})
_CORRECTED = frozenset({"C"})
_CODED = frozenset({"CE", "CWE", "CNE", "CF"})
_ATTACHED = frozenset({"ED", "RP"})
_BEYOND = re.compile(r"^[<>]=?\s*\d+(?:\.\d+)?$")
_WITHOUT_UNIT = "1"
"""Scores and ratios have no unit; such a value converts to nothing else."""


def _passed_over(obx: Segment) -> str | None:
    """Why an OBX states nothing: it is pending, empty or an attachment; None where it states something."""
    status = obx.text(11).upper()
    if status in _PENDING:
        return "result-pending"
    if obx.text(2).upper() in _ATTACHED:
        return "attachment"
    if not obx.repetitions(5) and status not in _VOID | _CORRECTED:
        return "result-without-value"
    return None


def entity_of(obx: Segment, obr: Segment | None, sent_at: str) -> str:
    """The result's own name: the report (OBR-3, else OBR-2), what was measured, OBX-4 and when; what has
    neither report nor time is another result in each message.
    """
    report = _report(obr)
    when = obx.text(14) or (obr.text(7) if obr is not None else "") or obx.text(19)
    when = when or ("" if report else sent_at)
    what = obx.field(3)
    code = "|".join(part for part in (what.text(3), what.text(1) or what.text(2)) if part)
    return "/".join(("observation", report, shortened(code), shortened(obx.text(4)), shortened(when)))


def _report(obr: Segment | None) -> str:
    return (numbered(obr.field(3)) or numbered(obr.field(2))) if obr is not None else ""


def observation(obx: Segment, obr: Segment | None, entity: str, context: Context) -> Observation | str:
    """One OBX, or why it states nothing. Raises `Unreadable`.

    It happened at OBX-14, else at OBR-7, else at OBX-19, else when the message was sent.
    """
    passed_over = _passed_over(obx)
    if passed_over is not None:
        return passed_over
    status = obx.text(11).upper()
    if status not in _VERSIONS:
        raise Misread("unknown-status", "says not whether the result holds", obx, 11)
    codings, text = coded(obx.field(3))
    if not codings and not text:
        raise Misread("missing-code", "says not what was measured", obx, 3)
    happened = moment(obx, 14, context.door)
    if happened is None and obr is not None:
        happened = moment(obr, 7, context.door)
    happened = happened or moment(obx, 19, context.door)
    voided = status in _VOID
    fields = stamps(context, entity, happened, version=_VERSIONS[status], voided=voided)
    value, words = (None, "") if voided else _value(obx)
    return Observation(
        **fields,
        visit=context.visit,
        unique_in_source=context.door.unique_numbers and bool(_report(obr)),
        codings=codings,
        value=value,
        text=words,
    )


def _value(obx: Segment) -> tuple[Quantity | None, str]:
    """A number only where it is exactly one (NM, or SN without comparator and separator), and not below zero;
    everything else stays text.
    """
    kind, values = obx.text(2).upper(), obx.repetitions(5)
    written = short("; ".join(_words(item, kind) for item in values))
    if len(values) != 1:
        return None, written
    number: Decimal | None = None
    if kind == "NM":
        number = plain_number(values[0].whole)
    elif kind == "SN" and values[0].text(1) in ("", "=") and not (values[0].text(3) or values[0].text(4)):
        number = plain_number(values[0].text(2))
    if number is None or number < 0:
        return None, _with_unit(obx, written)
    return quantity(unit_element(obx.field(6), number), "", without_unit=_WITHOUT_UNIT), ""


def _with_unit(obx: Segment, written: str) -> str:
    """What is beyond the range of the method ("<20") with the unit of its bound."""
    unit = unit_of(unit_element(obx.field(6), Decimal(0)))
    return short(f"{written} {unit}".strip()) if _BEYOND.match(written) else written


def _words(value: Field, kind: str) -> str:
    if kind in _CODED:
        return coded(value)[1]
    if kind == "SN":
        return "".join(value.text(part) for part in (1, 2, 3, 4))
    return value.whole
