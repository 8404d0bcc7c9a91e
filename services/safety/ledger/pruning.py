"""Forgetting what no check can reach any more, so that a ledger stays as small as its horizon.

Only what the present event touched is looked at: pruning costs an amortised constant per event. What was
received within the horizon stays, so that a repetition of it is still known for one.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from schemas.clinical import Administration
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.refill import FARTHEST, Refill
from services.safety.knowledge.ruling import LIFELONG
from services.safety.ledger.body import BODY
from services.safety.ledger.entries import codes_of, ingredients_of
from services.safety.ledger.ledger import PatientLedger, without_dose
from services.safety.ledger.outlived import outlived
from services.safety.ledger.panels import without

LATENESS = timedelta(days=7)
"""How late an administration or observation may arrive; the door rejects what is later."""

PRESUMED_STAY = timedelta(hours=72)
"""Without a known encounter a patient counts as an inpatient for this long after a dose (house rule)."""

REMEMBERED = timedelta(days=7)
"""For this long at least it is known that a drug ordered as needed was given (house rule)."""


@lru_cache(maxsize=4096)
def reach(knowledge: KnowledgeBase, ingredient: str) -> timedelta:
    """How far back any check may look at doses of an ingredient; older ones are no part of any judgement."""
    drug = knowledge.drugs.get(ingredient)
    policy = knowledge.policy.dose
    spans = [REMEMBERED, policy.retrospective + policy.point_event, knowledge.cns_load.window]
    if drug is not None:
        spans += [2 * limit.counts_back + policy.retrospective for limit in drug.limits]
        for row in drug.withdrawal:
            used = max(row.used_for, row.taper.over) if row.taper is not None else row.used_for
            spans.append(used + 3 * PRESUMED_STAY)
    spans += knowledge.exposures_of(ingredient)
    spans += [rule.reach for rule in knowledge.every_rule_of(ingredient)]
    return max(spans)


@lru_cache(maxsize=8)
def horizon(knowledge: KnowledgeBase) -> timedelta:
    """How far back observations and what was taken back are kept: the longest reach and the lateness bound.

    Doses that count for a lifetime are kept themselves; nothing else is kept for their sake.
    """
    reaches = (reach(knowledge, ingredient) for ingredient in knowledge.drugs)
    longest = max((each for each in reaches if each < LIFELONG), default=PRESUMED_STAY)
    return LATENESS + longest


def prune(
    ledger: PatientLedger,
    newest: datetime,
    ingredients: Iterable[str],
    codes: Collection[str],
    knowledge: KnowledgeBase,
) -> tuple[PatientLedger, tuple[str, ...]]:
    """The ledger without doses and observations out of every reach at `newest`, and their entities.

    The newest observation of each code is kept however old it is: how long it counts is for the checks to
    say.
    """
    gone: list[str] = []
    for ingredient in ingredients:
        ledger = _prune_doses(ledger, ingredient, newest, gone, knowledge)
    if not codes and not ledger.voids.entries and not gone:
        return ledger, ()
    bound = newest - horizon(knowledge)
    for code in codes:
        counts_for = _body_codes(knowledge).get(code)
        since = bound if counts_for is None else _first_dose_by_body(ledger, bound) - counts_for
        if code in _refill_codes(knowledge):
            since -= FARTHEST
        ledger = _prune_readings(ledger, code, since, gone)
    if ledger.voids.entries and ledger.voids.entries[0].start < bound:
        gone += [entry.entity for entry in ledger.voids.before(bound)]
        ledger = ledger._replace(voids=ledger.voids.since(bound))
    if ledger.panels:
        gone += [part for entity in gone for part in _left_behind(ledger, entity)]
    dead = tuple(entity for entity in dict.fromkeys(gone) if entity in ledger.facts)
    if not dead:
        return ledger, ()
    dismissed = _dismissed(ledger, dead) if ledger.unreadable else ()
    facts, unreadable = ledger.facts, ledger.unreadable
    given_up, corrections = ledger.given_up, ledger.corrections
    for entity in dead:
        facts = facts.delete(entity)
        if entity in given_up:
            given_up = given_up.delete(entity)
        if entity in corrections:
            corrections = corrections.delete(entity)
    for entity in dismissed:
        facts, unreadable = facts.delete(entity), unreadable.delete(entity)
    panels = without(ledger.panels, (ledger.facts[each] for each in dead)) if ledger.panels else ledger.panels
    ledger = ledger._replace(
        facts=facts, unreadable=unreadable, given_up=given_up, corrections=corrections, panels=panels
    )
    return ledger, (*dead, *dismissed)


def _left_behind(ledger: PatientLedger, whole: str) -> Iterator[str]:
    """The parts of a result that do not count because of it: they must not come back with its end."""
    return (part for part in ledger.panels.get(whole, ()) if not ledger.counts(ledger.facts[part]))


def _dismissed(ledger: PatientLedger, dead: tuple[str, ...]) -> tuple[str, ...]:
    """Unreadable statements that a forgotten one has dismissed: they must not come back with its end."""
    return tuple(
        entity
        for entity, item in ledger.unreadable.items()
        if item.about in dead and outlived(item, ledger.facts[item.about])
    )


def _prune_doses(
    ledger: PatientLedger, ingredient: str, newest: datetime, gone: list[str], knowledge: KnowledgeBase
) -> PatientLedger:
    timeline = ledger.given.get(ingredient)
    bound = newest - LATENESS - reach(knowledge, ingredient)
    if timeline is None or timeline.entries[0].end >= bound or timeline.entries[0].received_at >= bound:
        return ledger
    for dose in timeline.before(bound):
        fact = ledger.facts.get(dose.entity)
        if not isinstance(fact, Administration):
            break
        parts = [ingredient for ingredient, _, _ in ingredients_of(fact.medication, knowledge)]
        bounds = min(newest - LATENESS - reach(knowledge, part) for part in parts)
        if dose.end >= bounds or dose.received_at >= bounds:
            break
        for part in parts:
            ledger = without_dose(ledger, part, dose.entity, dose.start)
        gone.append(dose.entity)
    return ledger


@lru_cache(maxsize=8)
def _body_codes(knowledge: KnowledgeBase) -> dict[str, timedelta]:
    """The codes of body weight, height and surface, and for how long before a dose one may count for it."""
    found: dict[str, timedelta] = {}
    for known in filter(None, map(knowledge.measurements.get, BODY)):
        spans = [known.valid_for, *(each.valid_for for each in known.valid_for_young)]
        if known.valid_for_ambulatory is not None:
            spans.append(known.valid_for_ambulatory)
        doubted = (each.within for each in (known.leap, known.mistaken_unit) if each is not None)
        found |= dict.fromkeys(known.codes, max(spans) + max(doubted, default=timedelta(0)))
    return found


@lru_cache(maxsize=8)
def _refill_codes(knowledge: KnowledgeBase) -> frozenset[str]:
    """The codes of refill dates: the last one that is understood counts until a later one is."""
    return frozenset(code for row in knowledge.rules_of_kind(Refill) for code in row.due)


def _first_dose_by_body(ledger: PatientLedger, bound: datetime) -> datetime:
    """The first dose of a drug that is stated by the body, where that is before the bound."""
    timelines = (ledger.given.get(ingredient) for ingredient in ledger.by_body)
    return min((bound, *(timeline.entries[0].start for timeline in timelines if timeline is not None)))


def _prune_readings(ledger: PatientLedger, code: str, bound: datetime, gone: list[str]) -> PatientLedger:
    readings = ledger.observed.get(code)
    if readings is None or len(readings.entries) < 3 or readings.entries[1].start >= bound:
        return ledger
    observed = ledger.observed
    for entry in readings.before(bound)[:-1]:
        codes = codes_of(entry.fact)
        newest_somewhere = any(observed[other].entries[-1].entity == entry.entity for other in codes)
        if newest_somewhere or entry.fact.received_at >= bound:
            continue
        for other in codes:
            observed = observed.set(other, observed[other].without_entity(entry.entity, entry.start))
        gone.append(entry.entity)
    return ledger._replace(observed=observed)
