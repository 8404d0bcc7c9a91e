"""ORC with its RXE or RXO: what was prescribed, and what becomes of it."""

from datetime import datetime
from typing import Any

from schemas.clinical import Order, OrderState
from services.intake.fhir.elements import Moment
from services.intake.hl7v2 import dosage, timing
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.groups import Group
from services.intake.hl7v2.identities import digest, names_of, order_of
from services.intake.hl7v2.medications import medication, strength_of
from services.intake.hl7v2.message import Segment
from services.intake.hl7v2.order_control import NEEDS_NUMBER, VERSIONS, Step, step
from services.intake.hl7v2.routes import route
from services.intake.hl7v2.stamping import Context, stamps
from services.intake.hl7v2.times import moment

_STATES = {
    Step.HELD: OrderState.ON_HOLD, Step.STOPPED: OrderState.STOPPED, Step.CANCELLED: OrderState.STOPPED,
    Step.REPLACED: OrderState.STOPPED, Step.COMPLETED: OrderState.COMPLETED,
}  # fmt: skip
_ENDED = frozenset({OrderState.STOPPED, OrderState.COMPLETED})


def entity_of(group: Group) -> str:
    """The order's own name; without a number what is ordered stands in for it."""
    detail = group.detail
    named = order_of(group.orc, detail)
    return named or f"order/unnumbered/{digest(*(item.raw for item in group.segments))}"


def order(group: Group, context: Context, *, replaced: str | None, succeeded: bool) -> Order:
    """The order of a group. Raises `Unreadable`.

    RXE, what the pharmacy made of it, stands; RXO is only read where there is none. `replaced` is the order
    that the group before told to be replaced; `succeeded`: a replacement follows in the same message.
    """
    orc, detail = group.orc, group.detail
    if orc is None:
        raise Misread("missing-order-control", "stands without an ORC", detail or group.segments[0], 1)
    if len(group.details) > 1:
        raise Misread("wrong-structure", "is a second drug behind one ORC", group.details[1], 1)
    found = step(orc)
    if found in NEEDS_NUMBER and order_of(orc, detail) is None:
        raise Misread("missing-order-number", "and ORC-3 are empty: nobody can say which order", orc, 2)
    if found is Step.REPLACED and not succeeded:
        found = Step.CHANGED
    if detail is None:
        raise Misread("missing-drug", "has no RXE or RXO behind it: nobody can say which drug", orc, 1)
    layout = dosage.RXE if detail.name == "RXE" else dosage.RXO
    door = context.door
    timings = _timings(group, context)
    dosages = dosage.dosages(detail, layout, timings, route(group.routes), context)
    authored = moment(orc, 9, door)
    takes_effect = moment(orc, 15, door)
    first = moment(detail, 32, door) if detail.name == "RXE" else None
    starts = [item.start for item in timings if item.start is not None]
    happened = min(starts, key=lambda item: item.at) if starts and len(starts) == len(timings) else None
    if happened is None and found not in (Step.STOPPED, Step.CANCELLED, Step.REPLACED, Step.COMPLETED):
        happened = takes_effect
    fields = stamps(
        context, entity_of(group), happened or first or authored or takes_effect, authored,
        version=VERSIONS[found],
    )  # fmt: skip
    ends = [item.ends_at for item in dosages if item.ends_at is not None]
    state = _STATES.get(found, OrderState.ACTIVE)
    low, _ = dosage.amounts(detail, layout)
    return Order(
        **fields,
        visit=context.visit,
        unique_in_source=context.door.unique_numbers and order_of(orc, detail) is not None,
        medication=medication(
            detail, layout.code, layout.more_codes,
            strength_of(detail, layout.strength, layout.volume, low), group.components,
        ),
        state=state,
        dosages=dosages,
        ends_at=max(ends) if ends and len(ends) == len(dosages) else None,
        stopped_at=_stopped_at(fields, takes_effect, authored) if state in _ENDED else None,
        also_known=names_of(orc, detail)[1:],
        replaces=_replaces(orc, found, replaced, fields["entity"]),
    )  # fmt: skip


def _timings(group: Group, context: Context) -> tuple[timing.Timing, ...]:
    """The timings nearest to the drug: TQ1 behind it, else RXE-1, each completed by those of the order (TQ1
    before it, else ORC-7) where there is one of each.
    """
    door, detail = context.door, group.detail
    near = timing.of_tq1(group.timings_behind, door)
    if not near and detail is not None and detail.name == "RXE":
        near = timing.of_tq(detail, 1, door)
    far = timing.of_tq1(group.timings_before, door)
    if not far and group.orc is not None:
        far = timing.of_tq(group.orc, 7, door)
    if len(near) == 1 and len(far) == 1:
        return (near[0].over(far[0]),)
    return near or far


def _stopped_at(fields: dict[str, Any], takes_effect: Moment | None, told: Moment | None) -> datetime:
    """When an order ended: when the change takes effect, else when it was told; never before it began. One
    cancelled before that was never active.
    """
    instants = [item.at for item in (takes_effect, told) if item is not None]
    began: datetime = fields["effective_at"]
    at: datetime = instants[0] if instants else fields["recorded_at"]
    return max(at, began)


def _replaces(orc: Segment, found: Step, replaced: str | None, entity: str) -> str | None:
    """The order in whose place this one stands: the one told before it, else its parent (ORC-8)."""
    if found not in (Step.REPLACEMENT, Step.CHANGED):
        return None
    parents = [
        f"order/{name}/{number}"
        for name, component in (("placer", 1), ("filler", 2))
        if (number := _part(orc, component))
    ]
    other = replaced if found is Step.REPLACEMENT and replaced is not None else next(iter(parents), None)
    return other if other != entity else None


def _part(orc: Segment, component: int) -> str:
    """A number of a parent (EIP): its parts are subcomponents."""
    field = orc.field(8)
    parts = [field.text(component, part) for part in (1, 2, 3)]
    namespace = parts[1] or parts[2]
    return "|".join(part for part in (namespace, parts[0]) if part) if parts[0] else ""
