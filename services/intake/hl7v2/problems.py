"""AL1, IAM and DG1: what the patient does not tolerate, and what the patient has."""

import re

from schemas.clinical import Allergy, Condition
from schemas.medications import Medication
from services.intake.fhir.problems import NONE_KNOWN
from services.intake.hl7v2.codes import coded
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import digest, numbered, shortened
from services.intake.hl7v2.message import Field, Segment
from services.intake.hl7v2.stamping import Context, stamps
from services.intake.hl7v2.times import moment

_ACTIONS = {"": 0, "A": 0, "X": 0, "U": 1, "D": 2}
"""HL7 tables 0206 and 0323: add, no change, update, delete."""
_NONE = re.compile(r"nkd?m?a|no known (drug |medication |medical |food )?allerg(y|ies)", re.IGNORECASE)
_OVER = frozenset({"INACTIVE", "RESOLVED", "I", "R"})
_NOT_MEANT = frozenset({"ERRONEOUS", "DOUBTFUL", "ENTERED-IN-ERROR"})
_INTOLERANCE = "IN"


def allergy(segment: Segment, context: Context) -> Allergy:
    """An AL1 or IAM. "No known allergy" is recorded as negated. Raises `Unreadable`."""
    iam = segment.name == "IAM"
    codings, text = coded(segment.field(3))
    if not codings and not text:
        raise Misread("missing-code", "names no substance", segment, 3)
    action = segment.text(6).upper() if iam else ""
    if action not in _ACTIONS:
        raise Misread("unknown-status", "says not whether the allergy holds", segment, 6)
    fields = stamps(
        context,
        allergy_entity(segment),
        moment(segment, 11, context.door) if iam else moment(segment, 6, context.door),
        moment(segment, 13, context.door) if iam else None,
        version=_ACTIONS[action],
        voided=action == "D" or (iam and segment.text(17).upper() in _NOT_MEANT),
        standing=True,
    )
    return Allergy(
        **fields,
        visit=context.visit,
        substance=Medication(text=text, codings=codings),
        active=not (iam and segment.text(17).upper() in _OVER),
        negated=any(item.code in NONE_KNOWN for item in codings) or _NONE.fullmatch(text.strip()) is not None,
        intolerance=iam and segment.text(9).upper() == _INTOLERANCE,
    )


def condition(dg1: Segment, context: Context) -> Condition:
    """A DG1. Raises `Unreadable`."""
    codings, text = coded(dg1.field(3))
    text = text or dg1.field(4).whole[:2_000]
    if not codings and not text:
        raise Misread("missing-code", "names no diagnosis", dg1, 3)
    action = dg1.text(21).upper()
    if action not in _ACTIONS:
        raise Misread("unknown-status", "says not whether the diagnosis holds", dg1, 21)
    fields = stamps(
        context,
        condition_entity(dg1),
        moment(dg1, 5, context.door),
        moment(dg1, 19, context.door),
        version=_ACTIONS[action],
        voided=action == "D",
        standing=True,
    )
    return Condition(**fields, visit=context.visit, codings=codings, text=text)


def allergy_entity(segment: Segment) -> str:
    """The allergy's own name: its identifier (IAM-7), else its substance."""
    own = numbered(segment.field(7)) if segment.name == "IAM" else ""
    return f"allergy/{own or _name(segment.field(3))}"


def condition_entity(dg1: Segment) -> str:
    """The diagnosis' own name: its identifier (DG1-20), else its code."""
    return f"condition/{numbered(dg1.field(20)) or _name(dg1.field(3) or dg1.field(4))}"


def _name(code: Field) -> str:
    """What a code names, the same in every message: system and identifier, else the words."""
    if code.text(1):
        return shortened("|".join(part for part in (code.text(3), code.text(1)) if part))
    return digest(code.whole.lower())
