"""ORC with its ODS: whether a patient is to get nothing by mouth. Nothing else of a diet is judged."""

from schemas.clinical import Condition
from schemas.nothing_by_mouth import NOTHING_BY_MOUTH
from services.intake.diets import nothing_by_mouth
from services.intake.hl7v2 import orders, timing
from services.intake.hl7v2.codes import coded
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.groups import Group
from services.intake.hl7v2.identities import order_of
from services.intake.hl7v2.order_control import NEEDS_NUMBER, VERSIONS, Step, step
from services.intake.hl7v2.stamping import Context, stamps
from services.intake.hl7v2.times import moment

_IN_FORCE = frozenset({Step.ACTIVE, Step.CHANGED, Step.REPLACEMENT, Step.RELEASED})
_DIET = frozenset({"", "D"})
"""HL7 table 0159: a diet, not a supplement or a preference."""


def entity_of(group: Group) -> str:
    """The name of the order, as that of a diet."""
    return f"diet-{orders.entity_of(group)}"


def diet(group: Group, context: Context) -> Condition:
    """The diet of a group as the statement that its patient gets nothing by mouth, or does not by this order.

    Raises `Unreadable`.
    """
    orc = group.orc
    if orc is None:
        raise Misread("missing-order-control", "stands without an ORC", group.segments[0], 1)
    found = step(orc)
    if found in NEEDS_NUMBER and order_of(orc) is None:
        raise Misread("missing-order-number", "and ORC-3 are empty: nobody can say which order", orc, 2)
    timings = timing.of_tq1(group.named("TQ1"), context.door) or timing.of_tq(orc, 7, context.door)
    starts = [each.start for each in timings if each.start is not None]
    ends = [each.end for each in timings]
    authored = moment(orc, 9, context.door)
    begins = min(starts, key=lambda each: each.at) if starts else None
    if begins is None and found in _IN_FORCE:
        begins = moment(orc, 15, context.door)
    fields = stamps(context, entity_of(group), begins or authored, authored, version=VERSIONS[found])
    over = max((each.end for each in ends if each is not None), default=None) if None not in ends else None
    if over is not None and over < fields["effective_at"]:
        raise Misread("end-before-start", "ends before it starts", orc, 7)
    diets = [each for each in group.named("ODS") if each.text(1).upper() in _DIET]
    named = [coded(code) for each in diets for code in each.repetitions(3)]
    words = [part.whole for each in diets for part in each.repetitions(4)]
    words += [part.whole for note in group.named("NTE") for part in note.repetitions(3)]
    return Condition(
        **fields,
        visit=context.visit,
        codings=(NOTHING_BY_MOUTH,),
        text=next((text for _, text in named if text), ""),
        active=found in _IN_FORCE and nothing_by_mouth(named, words),
        abated_at=over,
    )
