"""RXA: what was given."""

from collections.abc import Sequence
from typing import Any

from schemas.clinical import Administration, Outcome
from schemas.medications import Medication
from services.intake.fhir.administrations import amounts
from services.intake.fhir.codes import short
from services.intake.fhir.dosage import route_of
from services.intake.hl7v2.amounts import element, rate_elements
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import digest, order_of, shortened
from services.intake.hl7v2.medications import medication, strength_of
from services.intake.hl7v2.message import Segment
from services.intake.hl7v2.routes import route
from services.intake.hl7v2.stamping import Context, stamps
from services.intake.hl7v2.times import moment

_OUTCOMES = {
    "": Outcome.GIVEN, "CP": Outcome.GIVEN, "PA": Outcome.GIVEN,
    "RE": Outcome.NOT_DONE, "NA": Outcome.NOT_DONE,
}  # fmt: skip
"""HL7 table 0322. Of a dose partially given, RXA-6 says how much was."""
_VERSIONS = {"": 0, "A": 0, "U": 1, "D": 2}
"""HL7 table 0206; of statements made in the same second the later step holds."""
_COMPLETE = "CP"
_UNKNOWN_AMOUNT = "999"


def entity_of(rxa: Segment, orc: Segment | None) -> str:
    """The administration's own name: its order, RXA-2 and the time it began. Without an order's number its
    drug stands in for it.
    """
    order = order_of(orc) or f"drug/{digest(rxa.field(5).raw)}"
    return f"administration/{order.removeprefix('order/')}/{shortened(rxa.text(2))}/{shortened(rxa.text(3))}"


def administration(
    rxa: Segment, orc: Segment | None, routes: Sequence[Segment], entity: str, context: Context
) -> Administration:
    """One RXA with the RXR behind it. Raises `Unreadable`; a time without hour is too coarse for a dose."""
    action, status = rxa.text(21).upper(), rxa.text(20).upper()
    if action not in _VERSIONS:
        raise Misread("unknown-status", "says not whether the dose is added, changed or taken back", rxa, 21)
    if status not in _OUTCOMES:
        raise Misread("unknown-status", "says not whether the dose was given", rxa, 20)
    outcome = _OUTCOMES[status]
    if rxa.field(18) and outcome is Outcome.GIVEN:
        if status:
            raise Misread("unknown-status", "says given while RXA-18 tells why it was refused", rxa, 20)
        outcome = Outcome.NOT_DONE
    voided = action == "D"
    start, end = moment(rxa, 3, context.door), moment(rxa, 4, context.door)
    if start is None:
        raise Misread("missing-time", "says not when the dose was given", rxa, 3)
    if start.precision != "time" and not voided:
        raise Misread("imprecise-time", "names no hour", rxa, 3)
    fields = stamps(
        context, entity, start, moment(rxa, 22, context.door),
        version=_VERSIONS[action], voided=voided,
    )  # fmt: skip
    ended_at = None if end is None or end.precision != "time" or voided else end.at
    if ended_at is not None and ended_at < start.at:
        raise Misread("end-before-start", "lies before RXA-3", rxa, 4)
    stated = None if voided or _unknown(rxa) else element(rxa, 6, 7)
    text = short(" ".join(part for note in rxa.repetitions(9) if (part := note.text(2) or note.text(1))))
    rate = rate_elements(stated, rxa.text(12))
    dosage: dict[str, Any] = {"text": text} | (rate or {"dose": stated})
    ended_at = None if ended_at == start.at else ended_at
    dose, per_time = amounts(dosage, start.at, ended_at)
    if per_time is not None and ended_at is None and outcome is Outcome.GIVEN and status != _COMPLETE:
        outcome = Outcome.IN_PROGRESS
    strength = (None, None) if voided else strength_of(rxa, 13, 23, None if rate else stated)
    return Administration(
        **fields,
        visit=context.visit,
        unique_in_source=context.door.unique_numbers and order_of(orc) is not None,
        medication=Medication() if voided and not rxa.field(5) else medication(rxa, 5, None, strength),
        outcome=outcome,
        order=order_of(orc),
        route=route_of(route(routes)),
        dose=dose,
        rate=per_time,
        ended_at=ended_at,
        dose_text=text,
        corrects=action == "U",
    )


def _unknown(rxa: Segment) -> bool:
    """Whether RXA-6 is 999 without a unit, by convention an amount that nobody knows."""
    return rxa.field(6).whole == _UNKNOWN_AMOUNT and not rxa.field(7)
