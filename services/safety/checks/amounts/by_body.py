"""What a check looks at, with doses and orders per kilogram or square metre worked out for the patient.

A dose counts by the body when it took effect, as far as that is known by now, or where nothing was known of
it then, as it was first taken soon after. A weight that comes later or is corrected works it out anew, time
alone never does. An order counts by the body now; one that has ended, where nothing is known now, by the body
when it ended. Which value is usable, and for how long, is the same as for limits per kilogram. Without such
doses a patient pays nothing for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from immutables import Map

from services.safety.checks.amounts.orders_on_wards import on_wards
from services.safety.checks.judgement import ByBody, View, earliest, sooner
from services.safety.checks.patient.body_size import body_size, body_size_at
from services.safety.checks.patient.body_surface import surface_readings
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.body import KILOGRAM, SQUARE_METRE, Body, Size
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.timeline import Timeline

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The doses of a drug as they were stated, and with their amounts."""

    stated: Timeline[Given]
    worked_out: Timeline[Given]


@dataclass(frozen=True, slots=True, eq=False)
class _Orders:
    """All orders, and which drugs have some that go by the body."""

    prescribed: Map[str, tuple[Prescribed, ...]]
    by_body: ByBody


_lines: Remembered[_Line] = Remembered(2_000)
_orders: Remembered[_Orders] = Remembered(5_000)


def view_of(
    ledger: PatientLedger, knowledge: KnowledgeBase, now: datetime, alive: Mapping[str, datetime]
) -> View:
    """What may be looked at: every amount that can be known is, and orders are due as on the wards."""
    stated = on_wards(View(ledger, knowledge, now, alive))
    if not ledger.by_body:
        return stated
    ledger = stated.ledger
    about = (*surface_readings(stated), ledger.encounters, ledger.person, knowledge)
    given = ledger.given
    for ingredient in ledger.by_body:
        timeline = given.get(ingredient)
        if timeline is not None:
            given = given.set(ingredient, _worked_out(stated, timeline, about))
    orders = _ordered(stated, about)
    worked_out = ledger._replace(given=given, prescribed=orders.prescribed)
    return stated._replace(ledger=worked_out, by_body=orders.by_body)


def _worked_out(view: View, stated: Timeline[Given], about: tuple[object, ...]) -> Timeline[Given]:
    """The timeline with its amounts. As a rule one dose has come, and those before it stay as they are."""
    body = tuple(map(id, about))
    entries = stated.entries
    known = _lines.known(_ALWAYS, (id(entries[-1]), *body))
    if known is not None and known[0].stated is stated:
        return known[0].worked_out
    if len(entries) > 1:
        known = _lines.known(_ALWAYS, (id(entries[-2]), *body))
    last = len(entries) - 1
    if known is not None and known[0].stated.entries[-last:] == entries[:-1]:
        doses = (*known[0].worked_out.entries[-last:], _dose(view, entries[-1]))
    else:
        doses = tuple(_dose(view, dose) for dose in entries)
    line = _Line(stated, Timeline(doses, stated.longest))
    key = (id(entries[-1]), *body)
    return _lines.keep(_ALWAYS, key, (stated, *about), line, None)[0].worked_out


def _dose(view: View, dose: Given) -> Given:
    per = dose.per_body
    if per is None:
        return dose
    return dose.worked_out(per, body_size_at(view, dose.start, per.unit))


def _ordered(view: View, about: tuple[object, ...]) -> _Orders:
    prescribed = view.ledger.prescribed
    key = (id(prescribed), *map(id, about))
    known = _orders.known(view.now, key)
    if known is not None:
        return known[0]
    body, changes = _body(view)
    reviews: dict[str, datetime | None] = {}
    made = prescribed
    for ingredient in view.ledger.by_body:
        entries = prescribed.get(ingredient, ())
        if not any(entry.by_body for entry in entries):
            continue
        made = made.set(
            ingredient,
            tuple(
                replace(each, body=_at_end(view, each, body)) if each.by_body else each for each in entries
            ),
        )
        ends = (entry.until for entry in entries if entry.by_body and entry.until is not None)
        reviews[ingredient] = earliest(view.now, changes, *ends)
    by_body = ByBody(reviews)
    held = _Orders(made, by_body)
    return _orders.keep(view.now, key, (prescribed, *about), held, by_body.review_at(""))[0]


def _at_end(view: View, entry: Prescribed, now: Body) -> Body:
    """The body for an order: now, and for what is not known now when the order ended, if it has."""
    known = isinstance(now.weight, Size) and isinstance(now.surface, Size)
    if known or entry.until is None or entry.until > view.now:
        return now
    then, _ = _body(view._replace(now=entry.until - timedelta.resolution))
    return Body(
        now.weight if isinstance(now.weight, Size) else then.weight,
        now.surface if isinstance(now.surface, Size) else then.surface,
    )


def _body(view: View) -> tuple[Body, datetime | None]:
    weight, changes = body_size(view, KILOGRAM)
    surface, more = body_size(view, SQUARE_METRE)
    return Body(weight, surface), sooner(changes, more)
