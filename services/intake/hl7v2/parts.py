"""The parts of a message, and which mapping reads which."""

from functools import partial

from services.intake.hl7v2 import (
    administrations,
    diets,
    kinds,
    leaves,
    merges,
    orders,
    people,
    problems,
    results,
    visits,
)
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.groups import Group, groups
from services.intake.hl7v2.identities import goes_on
from services.intake.hl7v2.message import Segment
from services.intake.hl7v2.order_control import Step, of_no_concern, step
from services.intake.hl7v2.outcome import Telling
from services.intake.hl7v2.pairs import Pair, pairs, who
from services.intake.reading import Unreadable

_OTHER_ORDERS = frozenset({"OBR", "RQD", "RQ1", "ODT", "TXA", "PRC"})

_FEW = 10
"""Patients of whom each may have a copy of all that their message says of them together."""


def read(telling: Telling, pid: Segment) -> None:
    """State everything that a message of a known kind says. Raises `Unreadable` for it as a whole."""
    header = telling.message.header
    if header.message_type == "ADT":
        if header.trigger in merges.MERGES:
            _merges(telling)
            return
        if header.trigger in visits.MOVES:
            _visit_moves(telling)
            return
        if header.trigger in merges.LINKS:
            _links(telling)
            return
        if header.trigger == visits.ALTERNATE_NUMBER:
            telling.skip("alternate-visit-number")
            return
        telling.state(None, (pid,), partial(people.patient, pid, telling.context))
        _visit(telling)
        if header.trigger in leaves.EVENTS:
            _leave(telling)
    if kinds.has_orders(telling.message):
        _orders(telling)
    elif header.message_type == kinds.ADMINISTRATION:
        _doses(telling)
    _findings(telling)


def _merges(telling: Telling) -> None:
    message = telling.message
    for pair in _pairs(telling):
        try:
            found = goes_on(pair.pid, pair.mrg)
        except Misread as error:
            _reject(telling, error, pair)
            continue
        for old, survivor in found:
            made = partial(merges.merge, message, old, survivor, pair.mrg, telling.context)
            telling.state(None, pair.part, made, (survivor, old))


def _visit_moves(telling: Telling) -> None:
    """Each visit that moved; where nobody can say what belongs to whom both patients are marked."""
    message = telling.message
    for pair in _pairs(telling):
        try:
            if (unmovable := visits.unmovable(message, pair)) is not None:
                raise unmovable
            found = visits.moved(pair, message.header.trigger)
        except Misread as error:
            _reject(telling, error, pair)
            continue
        for old, to in found:
            made = partial(visits.visit_move, message, pair, old, to, telling.context)
            telling.state(None, pair.part, made, (to, old))


def _pairs(telling: Telling) -> tuple[Pair, ...]:
    """The pairs of a message, none where they do not pair. Raises `Misread` where nobody shows that."""
    try:
        return pairs(telling.message)
    except Misread as error:
        reject_at_everybody(telling, error)
        return ()


def reject_at_everybody(telling: Telling, error: Unreadable) -> None:
    """Nothing of a message is stated, and everybody named in it shows that. Raises `error` for nobody."""
    found = tuple(item for item in telling.message.segments if item.name in ("PID", "MRG", "PV1"))
    named: dict[str, Segment] = {}
    for segment in found:
        for patient in who(segment):
            named.setdefault(patient, segment)
    if not named:
        raise error
    for patient, segment in named.items():
        telling.reject(error, found if len(named) <= _FEW else (segment,), patient=patient)


def _reject(telling: Telling, error: Misread, pair: Pair) -> None:
    """A pair of which nothing is stated shows at everybody whom it names."""
    for patient in pair.named or (telling.context.patient,):
        telling.reject(error, pair.part, patient=patient)


def _links(telling: Telling) -> None:
    message = telling.message
    try:
        first, second = merges.linked(message)
    except Misread as error:
        reject_at_everybody(telling, error)
        return
    ended = message.header.trigger == merges.UNLINK
    for one, other in ((first, second), (second, first))[: 2 if ended else 1]:
        made = partial(merges.link, message, one, other, telling.context)
        telling.state(None, (one, other), made, (*who(one), *who(other)))


def _visit(telling: Telling) -> None:
    message = telling.message
    pv1 = message.first("PV1")
    if kinds.only_planned(message):
        telling.skip("visit-only-planned")
    elif not kinds.has_visit(message):
        return
    elif pv1 is None:
        if message.header.trigger != kinds.UPDATE:
            telling.reject(Misread("missing-visit", "has no PV1 behind it", message.segments[0], 9), ())
    elif (entity := people.entity_of(message, pv1)) is None:
        telling.skip("visit-without-number")
    else:
        telling.state(entity, (pv1,), partial(people.encounter, message, pv1, entity, telling.context))


def _leave(telling: Telling) -> None:
    message, visit = telling.message, telling.context.visit
    if visit is None:
        telling.reject(Misread("missing-visit", "names no visit", message.segments[0], 9), ())
        return
    part = tuple(each for each in message.segments if each.name in ("EVN", "PV1"))
    telling.state(None, part, partial(leaves.leave, message, visit, telling.context))


def _orders(telling: Telling) -> None:
    found = groups(telling.message)
    if not any(group.orc or group.details or group.named("ODS") for group in found):
        error = Misread("missing-order-control", "has no ORC behind it", telling.message.segments[0], 9)
        telling.reject(error, ())
    replaced: str | None = None
    for place, group in enumerate(found):
        behind = found[place + 1] if place + 1 < len(found) else None
        replaced = _order(telling, group, behind, replaced)


def _order(telling: Telling, group: Group, behind: Group | None, replaced: str | None) -> str | None:
    """State one order; the entity of one that the next replaces, else the one replaced before."""
    orc = group.orc
    if orc is None and not group.details and not group.named("ODS"):
        return None
    if orc is not None and (code := of_no_concern(orc)) is not None:
        telling.skip(f"order-control-{code}")
        return replaced
    if not group.details and _is_diet(telling, group):
        telling.state(diets.entity_of(group), group.segments, partial(diets.diet, group, telling.context))
        return replaced
    if not group.details and any(item.name in _OTHER_ORDERS for item in group.segments):
        telling.skip("order-of-no-drug")
        return replaced
    entity = orders.entity_of(group)
    replacing = _step(group) is Step.REPLACED
    succeeded = replacing and behind is not None and _step(behind) is Step.REPLACEMENT
    if succeeded and behind is not None and group.detail is None:
        telling.skip("replaced-by-the-next-order")
        return entity
    if succeeded and behind is not None and orders.entity_of(behind) == entity:
        telling.skip("replaced-by-the-next-order")
        return None
    made = partial(orders.order, group, telling.context, replaced=replaced, succeeded=succeeded)
    telling.state(entity, group.segments, made)
    return entity if replacing else replaced


def _is_diet(telling: Telling, group: Group) -> bool:
    """Whether a group orders a diet: it has an ODS, or stands in an OMD and has nothing of a tray."""
    if group.named("ODS"):
        return True
    return telling.message.header.message_type == kinds.DIET and not group.named("ODT")


def _step(group: Group) -> Step | None:
    try:
        return step(group.orc) if group.orc is not None else None
    except Unreadable:
        return None


def _doses(telling: Telling) -> None:
    given = [(group.orc, *dose) for group in groups(telling.message) for dose in group.doses]
    if not given:
        error = Misread("missing-dose", "has no RXA behind it", telling.message.segments[0], 9)
        telling.reject(error, ())
    for orc, rxa, routes in given:
        entity = administrations.entity_of(rxa, orc)
        part = (*((orc,) if orc is not None else ()), rxa, *routes)
        telling.state(
            entity, part, partial(administrations.administration, rxa, orc, routes, entity, telling.context)
        )


def _findings(telling: Telling) -> None:
    """Allergies, diagnoses and results, wherever they stand."""
    context = telling.context
    obr: Segment | None = None
    for segment in telling.message.segments:
        if segment.name in ("ORC", "OBR"):
            obr = segment if segment.name == "OBR" else None
        elif segment.name in ("AL1", "IAM"):
            telling.state(
                problems.allergy_entity(segment), (segment,), partial(problems.allergy, segment, context)
            )
        elif segment.name == "DG1":
            telling.state(
                problems.condition_entity(segment), (segment,), partial(problems.condition, segment, context)
            )
        elif segment.name == "OBX":
            entity = results.entity_of(segment, obr, telling.message.header.sent_at)
            part = (obr, segment) if obr is not None else (segment,)
            telling.state(entity, part, partial(results.observation, segment, obr, entity, context))
