"""Doubled dose: a missed dose was made up for by giving it together with another one.

A scheduled dose is missed when nothing was given within the ward's tolerance of its due time. What is given
after it within the tolerance of each other is one dose here, and it is doubled if it holds about what was
missed and what is due besides. Doses of other orders, once or as needed, are nobody's missed dose. Told for
the policy's point-event time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import Quantity, plain
from services.safety.checks.amounts.daily_order import part_of
from services.safety.checks.amounts.dose_slots import open_slots, scheduled
from services.safety.checks.amounts.due_doses import due_doses
from services.safety.checks.amounts.limits import base_unit, covers, shown
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.missed_dose import LOOKED_BACK, MissedDose
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given, Prescribed

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: MissedDose
    routes: frozenset[Route]
    source: SourceRef


@dataclass(frozen=True, slots=True)
class Doubled:
    """`doses` given as one, the `missed` due time, and what was due then and is `due` with them."""

    doses: Sequence[Given]
    total: Decimal
    missed: datetime
    missed_amount: Decimal
    due: Decimal


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(row, frozenset(row.routes), source_ref(row))
        for row in knowledge.rules_of(ingredient, MissedDose)
    )


class DoubledDose:
    """The doses of one ingredient after due times of which nothing was given."""

    id = "doubled-dose"
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs of which a missed dose is not made up for."""
        return bool(_rules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders; nothing without a row."""
        return frozenset({"given", "orders"} if knowledge.rules_of_kind(MissedDose) else ())

    def judge(self, view: View, subject: str) -> Judgement:
        """The largest doubled dose that is still told."""
        rules = _rules(view.knowledge, subject)
        timeline = view.ledger.given.get(subject)
        if not rules or timeline is None:
            return SILENT
        entries = _scheduled_orders(view, subject)
        told_for = view.knowledge.policy.dose.point_event
        reviews: list[datetime | None] = [timeline.next_after(view.now)] if entries else []
        reviews += [entry.start for entry in view.ledger.prescribed.get(subject, ())]
        found: list[Finding] = []
        for rule in rules:
            for each in _doubled(view, rule, entries, timeline.overlapping(_first(view), view.now)):
                reviews.append(each.doses[-1].start + told_for)
                found.append(_finding(view, subject, rule, each))
        review_at = earliest(view.now, *reviews)
        return Judgement(the_worst(found), review_at) if found or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where nothing given together is more than the smallest dose of any scheduled order: then none of it
        can be doubled, whatever is due or begins later. Doses that judging leaves out are added up as well.
        """
        if held.findings:
            return False
        ingredient = further.dose.ingredient
        entries = view.ledger.prescribed.get(ingredient, ())
        small = True
        point_event = view.knowledge.policy.dose.point_event
        told = further.timeline.overlapping(view.now - point_event - view.widest_tolerance, view.now)
        for rule in _rules(view.knowledge, ingredient):
            least = min(_singles(rule, entries), default=None)
            doses = [dose for dose in told if _counts(view, rule, dose)]
            if least is not None and any(
                _sum(_together(doses, dose, view.tolerance_at(dose.start))) > least for dose in doses
            ):
                return False
            if least is not None and _counts(view, rule, further.dose):
                small = small and _amount(further.dose).value <= least
        return Spaced(view.widest_tolerance + timedelta.resolution) if small else True


def _first(view: View) -> datetime:
    return view.now - view.knowledge.policy.dose.point_event - 2 * LOOKED_BACK


def _scheduled_orders(view: View, ingredient: str) -> tuple[Prescribed, ...]:
    return tuple(
        entry
        for entry in view.ledger.prescribed.get(ingredient, ())
        if entry.start <= view.now and not (entry.on_hold or entry.order.community) and scheduled(entry)
    )


def _doubled(
    view: View, rule: _Rule, entries: Sequence[Prescribed], given: Iterable[Given]
) -> Iterator[Doubled]:
    policy = view.knowledge.policy.dose
    ours = {None, *(entry.entity for entry in entries)}
    doses = [dose for dose in given if dose.order in ours and _counts(view, rule, dose)]
    told = [dose for dose in doses if view.now < dose.start + policy.point_event]
    together = [_together(doses, dose, view.tolerance_at(dose.start)) for dose in told]
    least = min(_singles(rule, entries), default=None)
    together = [each for each in together if least is not None and _sum(each) > least]
    if not together:
        return
    after = _first(view) + LOOKED_BACK
    due = _due(view, rule, entries, after, view.now + LOOKED_BACK)
    for each in together:
        found = _made_up(rule, due, doses, each, view.tolerance_at)
        if found is not None:
            yield found


def _counts(view: View, rule: _Rule, dose: Given) -> bool:
    amount = dose.amount
    bolus = dose.lasts <= view.knowledge.policy.dose.bolus_up_to
    return dose.done and bolus and amount is not None and covers(rule.routes, dose.route, amount.micro)


def _together(doses: Sequence[Given], last: Given, tolerance: timedelta) -> list[Given]:
    """A dose and what was given at most the tolerance before it."""
    place = doses.index(last)
    return [dose for dose in doses[: place + 1] if dose.start >= last.start - tolerance]


def _amount(dose: Given) -> Amount:
    if dose.amount is None:
        raise ValueError("only doses with an amount are asked about")
    return dose.amount


def _sum(doses: Iterable[Given]) -> Decimal:
    return sum((_amount(dose).value for dose in doses), _NOTHING)


def _singles(rule: _Rule, entries: Iterable[Prescribed]) -> Iterator[Decimal]:
    """How large the doses are that orders schedule; a step of a taper to nothing schedules none."""
    for entry in entries:
        for dosage in scheduled(entry):
            part = part_of(entry, dosage)
            if part is not None and part.single.value and covers(rule.routes, part.route, part.single.micro):
                yield part.single.value


def _due(
    view: View, rule: _Rule, entries: Iterable[Prescribed], after: datetime, until: datetime
) -> dict[datetime, Decimal]:
    """How much is due at each due time, in order of time."""
    found: dict[datetime, Decimal] = {}
    for each in due_doses(view, entries, after, until):
        if each.amount.value and covers(rule.routes, each.route, each.amount.micro):
            found[each.at] = found.get(each.at, _NOTHING) + each.amount.value
    return dict(sorted(found.items()))


def _made_up(
    rule: _Rule,
    due: Mapping[datetime, Decimal],
    doses: Sequence[Given],
    together: Sequence[Given],
    tolerance_at: Callable[[datetime], timedelta],
) -> Doubled | None:
    first, last = together[0], together[-1]
    earlier = [dose for dose in doses if dose.start < first.start]
    near = [at for at in due if min(abs(at - last.start), abs(at - first.start)) <= tolerance_at(at)]
    own = min(near, key=lambda at: abs(at - last.start), default=None)
    before = [at for at in due if at < (own or first.start) and at + tolerance_at(at) < first.start]
    if not before:
        return None
    missed = before[-1]
    if missed not in open_slots(before, (dose.start for dose in earlier), tolerance_at):
        return None
    if any(dose.start > missed for dose in earlier):
        return None
    coming = own if own is not None else next((at for at in due if at > last.start), None)
    if coming is None or missed < last.start - LOOKED_BACK:
        return None
    total = _sum(together)
    if total < due[coming] + rule.row.of_missed * due[missed]:
        return None
    return Doubled(together, total, missed, due[missed], due[coming])


def _finding(view: View, ingredient: str, rule: _Rule, each: Doubled) -> Finding:
    row = rule.row
    unit = base_unit(_amount(each.doses[-1]).dimension)
    listed: list[JsonValue] = [
        {
            "entity": dose.entity,
            "start": dose.start.isoformat(),
            "stated": dose.stated,
            "counted": plain(_amount(dose).value),
        }
        for dose in each.doses
    ]
    total, due = (shown(value, Quantity(value=Decimal(1), unit=unit)) for value in (each.total, each.due))
    return Finding(
        check=DoubledDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=each.total / each.due,
        text=(
            f"{ingredient}: {total} given at {view.clock(each.doses[-1].start)}, where {due} is due, "
            f"after nothing was given for {view.clock(each.missed)}. {row.action}"
        ),
        implicated=tuple(dose.entity for dose in each.doses),
        evidence={
            "doses": listed,
            "missed": each.missed.isoformat(),
            "missed_amount": plain(each.missed_amount),
            "unit": unit,
            "total": plain(each.total),
            "limit": plain(each.due),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
