"""What a check looks at, with orders by the hours and clocks of the wards on which the patient is in turn.

House rule: where a move changes the times at which an order is due, the first due time on the new ward comes
no sooner after the last one on the old ward than the nearest two on the new ward are apart. Whoever moves
shortly before a round of the new ward has had the dose of it. Without such wards a patient pays nothing.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from immutables import Map

from schemas.clinical import Order
from schemas.dosage import Dosage
from services.safety.checks.amounts.dose_slots import closest, dosage_times
from services.safety.checks.judgement import View
from services.safety.checks.remembering import Remembered
from services.safety.checks.ward_rules import RulesOfWards, rules_of_wards
from services.safety.knowledge.ward_rules import WardRules
from services.safety.ledger.entries import OrderOnWard, Prescribed
from services.safety.ledger.house_hours import at_house_hours

_ALWAYS = datetime.min.replace(tzinfo=UTC)
_LOOKED_BACK = timedelta(days=2)
_Orders = tuple[Prescribed, ...]
_all: Remembered[Map[str, _Orders]] = Remembered(5_000)
_of_a_drug: Remembered[_Orders] = Remembered(20_000)


def on_wards(view: View) -> View:
    """The view with its orders as they are due on the patient's wards."""
    if not view.knowledge.wards:
        return view
    rules = rules_of_wards(view.ledger.encounters, view.knowledge)
    if rules is None:
        return view
    return view._replace(ledger=view.ledger._replace(prescribed=_ordered(view, rules)), wards=rules)


def _ordered(view: View, rules: RulesOfWards) -> Map[str, _Orders]:
    prescribed = view.ledger.prescribed
    key = (id(prescribed), id(rules), id(view.knowledge))
    known = _all.known(_ALWAYS, key)
    if known is None:
        made = Map((name, _of(view, entries, rules)) for name, entries in prescribed.items())
        known = _all.keep(_ALWAYS, key, (prescribed, rules, view.knowledge), made, None)
    return known[0]


def _of(view: View, entries: _Orders, rules: RulesOfWards) -> _Orders:
    key = (id(entries), id(rules), id(view.knowledge))
    known = _of_a_drug.known(_ALWAYS, key)
    if known is None:
        made = tuple(_on_wards(view, entry, rules) for entry in entries)
        about = (entries, rules, view.knowledge)
        same = all(one is other for one, other in zip(made, entries, strict=True))
        known = _of_a_drug.keep(_ALWAYS, key, about, entries if same else made, None)
    return known[0]


def _on_wards(view: View, entry: Prescribed, rules: RulesOfWards) -> Prescribed:
    stated = view.ledger.facts.get(entry.entity)
    if not isinstance(stated, Order) or stated.community:
        return entry
    spans = _spans(entry, rules)
    orders = [at_house_hours(stated, each.hours) for _, each in spans]
    house = view.knowledge.house
    if all(each.zone == house.zone for _, each in spans) and all(
        order.dosages == entry.order.dosages for order in orders
    ):
        return entry
    made = replace(entry, order=stated)
    for number, ((since, each), order) in enumerate(zip(spans, orders, strict=True)):
        until = spans[number + 1][0] if number + 1 < len(spans) else None
        begins = tuple(
            _begins(made, place, dosage, since, each) for place, dosage in enumerate(order.dosages)
        )
        made = replace(made, by_ward=(*made.by_ward, OrderOnWard(begins, until, order.dosages, each.zone)))
    timed = any(order is not stated for order in orders)
    return replace(made, order=orders[-1], house_hours=timed)


def _spans(entry: Prescribed, rules: RulesOfWards) -> list[tuple[datetime, WardRules]]:
    """From when on which rules hold for an order; only what differs in hours or clocks begins anew."""
    spans = [(entry.start, rules.at(entry.start))]
    for change in rules.changes:
        if change > entry.start and (entry.until is None or change < entry.until):
            each, last = rules.at(change), spans[-1][1]
            if (each.hours, each.zone) != (last.hours, last.zone):
                spans.append((change, each))
    return spans


def _begins(made: Prescribed, place: int, dosage: Dosage, since: datetime, rules: WardRules) -> datetime:
    """From when on a dosage may be due on a ward, after what was due on those before."""
    if not made.by_ward:
        return since
    before = made.by_ward[-1]
    by_clock = dosage.times_of_day or before.dosages[place].times_of_day
    if not by_clock or (before.dosages[place], before.zone) == (dosage, rules.zone):
        return since
    gap = closest((dosage,))
    if gap is None:
        return since
    after = since - max(gap, _LOOKED_BACK)
    due = dosage_times(made, made.order.dosages[place], after, since - timedelta.resolution, rules.zone)
    last = max(due, default=None)
    return since if last is None else max(since, last + gap)
