"""Folding one statement into a ledger: idempotent, and independent of the order of arrival."""

from collections.abc import Iterable, Iterator

from schemas.clinical import (
    Administration,
    Allergy,
    Claimable,
    Condition,
    Encounter,
    FactStatus,
    Merge,
    Observation,
    Order,
    Patient,
    PatientFact,
    UnreadableFact,
    VisitMove,
)
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.aliases import drawn_by, redrawn
from services.safety.ledger.body import body_inputs, recounted
from services.safety.ledger.correcting import made_known, with_what_is_known
from services.safety.ledger.entries import Observed, codes_of, ingredients_of
from services.safety.ledger.giving import given_of
from services.safety.ledger.ledger import Change, PatientLedger, Voided, without_dose
from services.safety.ledger.lineage import order_entered, order_left
from services.safety.ledger.merging import grouping, links_of
from services.safety.ledger.panels import with_part
from services.safety.ledger.precedence import supersedes
from services.safety.ledger.pruning import prune as pruned_ledger
from services.safety.ledger.record import record_begins
from services.safety.ledger.timeline import Timeline
from services.safety.ledger.visits import homes_of

_GROUPING = (Merge, VisitMove)
"""What says which statements count; it counts itself whatever is merged or moved."""
_SHOWING_HOW_FAR_BACK = frozenset({"orders", "encounters"})


def fold(
    ledger: PatientLedger, fact: PatientFact, knowledge: KnowledgeBase, *, prune: bool = True
) -> tuple[PatientLedger, Change | None]:
    """The ledger after a statement, and what changed; no change for an older or repeated statement.

    `prune=False` forgets nothing: for judging the final facts at past instants.
    """
    newest = ledger.newest
    if newest is None or fact.received_at > newest:
        newest = fact.received_at
    previous = ledger.facts.get(fact.entity)
    if previous is not None:
        if supersedes(fact, previous):
            fact = with_what_is_known(fact, previous)
        elif (known := made_known(previous, fact)) is not None:
            fact = known
        else:
            return (ledger if newest is ledger.newest else ledger._replace(newest=newest)), None
    inputs: set[str] = set()
    ingredients: set[str] = set()
    several = bool(ledger.joined or ledger.homes or ledger.panels)
    counted = {each: ledger.counts(each) for each in ledger.earlier_records(fact)} if several else {}
    entered = previous is not None and (ledger.counts(previous) or isinstance(previous, _GROUPING))
    before, names = ledger, ledger.names
    ledger = ledger._replace(facts=ledger.facts.set(fact.entity, fact), newest=newest)
    if fact.merged_from is not None and fact.merged_from not in ledger.origins:
        ledger = ledger._replace(origins=ledger.origins | {fact.merged_from})
    if isinstance(fact, Observation) and fact.component_of is not None:
        ledger = ledger._replace(panels=with_part(ledger.panels, fact.entity, fact.component_of))
    if previous is not None and entered:
        ledger = _leave(ledger, previous, knowledge, inputs, ingredients)
    if ledger.counts(fact) or isinstance(fact, _GROUPING):
        ledger = _enter(ledger, fact, knowledge, inputs, ingredients)
    for other, did in counted.items():
        if ledger.counts(other) != did:
            change = _leave if did else _enter
            ledger = change(ledger, other, knowledge, inputs, ingredients)
    if ledger.names is not names:
        ledger, drawn = redrawn(ledger, names, _orders((fact, previous, *counted)))
        ingredients |= drawn
        inputs |= {"given"} if drawn else set()
    regrouped = False
    if "merges" in inputs or "moves" in inputs:
        survivor, joined = grouping(fact.patient, links_of(ledger.merges.values()))
        homes = homes_of(ledger.moves.values())
        regrouped = (survivor, joined, homes) != (ledger.survivor, ledger.joined, ledger.homes)
        if regrouped:
            ledger = _regrouped(ledger._replace(survivor=survivor, joined=joined, homes=homes), knowledge)
            ingredients.update(ledger.given)
    if not inputs.isdisjoint(_SHOWING_HOW_FAR_BACK) and record_begins(before) != record_begins(ledger):
        inputs.add("record")
    if ledger.by_body and not inputs.isdisjoint(body_inputs(knowledge)):
        inputs |= {"given", "orders"}
        ingredients.update(ledger.by_body)
    if ledger.unreadable and any(item.about == fact.entity for item in ledger.unreadable.values()):
        inputs.add("unreadable")
    gone: tuple[str, ...] = ()
    if prune:
        codes = codes_of(fact) if isinstance(fact, Observation) else ()
        codes = tuple(ledger.observed) if regrouped else codes
        ledger, gone = pruned_ledger(ledger, newest, ingredients, codes, knowledge)
    born_at = ledger.person.born_at if ledger.person is not None else None
    if born_at is not None:
        others = (previous, *counted, *map(before.facts.get, gone))
        if fact.effective_at < born_at or any(each and each.effective_at < born_at for each in others):
            inputs.add("before-birth")
    return ledger, Change(fact, previous, frozenset(inputs), frozenset(ingredients), gone, regrouped)


def folded(facts: Iterable[PatientFact], knowledge: KnowledgeBase, *, prune: bool = False) -> PatientLedger:
    """The ledger of these statements, for example after a restart or under another knowledge version."""
    ledger = PatientLedger()
    for fact in facts:
        ledger, _ = fold(ledger, fact, knowledge, prune=prune)
    return ledger


def _regrouped(ledger: PatientLedger, knowledge: KnowledgeBase) -> PatientLedger:
    """The ledger with the indexes of what counts once other records are merged, or visits moved."""
    kept = ("facts", "merges", "survivor", "joined", "moves", "homes", "panels", "origins", "newest")
    made = PatientLedger(**{name: getattr(ledger, name) for name in kept})
    counting = (
        fact for fact in ledger.facts.values() if not isinstance(fact, _GROUPING) and made.counts(fact)
    )
    for fact in sorted(counting, key=lambda fact: (fact.effective_at, fact.entity)):
        made = _enter(made, fact, knowledge, set(), set())
    return redrawn(made, PatientLedger().names, _orders(made.facts.values()))[0] if made.names else made


def _orders(facts: Iterable[PatientFact | None]) -> Iterator[Order]:
    return (fact for fact in facts if isinstance(fact, Order))


def _enter(
    ledger: PatientLedger,
    fact: PatientFact,
    knowledge: KnowledgeBase,
    inputs: set[str],
    ingredients: set[str],
) -> PatientLedger:
    entity = fact.entity
    if fact.status is FactStatus.ENTERED_IN_ERROR:
        if isinstance(fact, Claimable) and fact.recharted:
            inputs.add("given_up")
            ledger = ledger._replace(given_up=ledger.given_up.set(entity, fact))
        if isinstance(fact, Administration):
            return ledger._replace(voids=ledger.voids.with_entry(Voided(entity, fact.received_at)))
        return ledger
    match fact:
        case Administration():
            given, by_body = ledger.given, ledger.by_body
            for stated in given_of(fact, knowledge):
                dose = drawn_by(stated, ledger.names) if ledger.names else stated
                held = given.get(dose.ingredient)
                given = given.set(
                    dose.ingredient, Timeline((dose,), dose.lasts) if held is None else held.with_entry(dose)
                )
                ingredients.add(dose.ingredient)
                by_body = recounted(by_body, dose.ingredient, int(dose.goes_by_body))
            inputs.add("given")
            if fact.corrects:
                inputs.add("corrections")
                ledger = ledger._replace(corrections=ledger.corrections.set(entity, fact))
            return ledger._replace(given=given, by_body=by_body)
        case Order():
            inputs.add("orders")
            return order_entered(ledger, fact, knowledge, ingredients)
        case Observation():
            observed = ledger.observed
            for code in codes_of(fact):
                entry = Observed(entity, fact.effective_at, code, fact)
                readings = observed.get(code)
                observed = observed.set(
                    code, Timeline((entry,)) if readings is None else readings.with_entry(entry)
                )
                inputs.add(code)
            inputs.add("observed")
            return ledger._replace(observed=observed)
        case Condition():
            inputs.add("conditions")
            return ledger._replace(conditions=ledger.conditions.set(entity, fact))
        case Allergy():
            inputs.add("allergies")
            return ledger._replace(allergies=ledger.allergies.set(entity, fact))
        case Encounter():
            inputs.add("encounters")
            return ledger._replace(encounters=ledger.encounters.set(entity, fact))
        case UnreadableFact():
            inputs.add("unreadable")
            return ledger._replace(unreadable=ledger.unreadable.set(entity, fact))
        case Merge():
            inputs.add("merges")
            return ledger._replace(merges=ledger.merges.set(entity, fact))
        case VisitMove():
            inputs.add("moves")
            return ledger._replace(moves=ledger.moves.set(entity, fact))
        case Patient():
            inputs.add("person")
            return _with_person(ledger._replace(persons=ledger.persons.set(entity, fact)))


def _leave(
    ledger: PatientLedger,
    fact: PatientFact,
    knowledge: KnowledgeBase,
    inputs: set[str],
    ingredients: set[str],
) -> PatientLedger:
    entity = fact.entity
    if fact.status is FactStatus.ENTERED_IN_ERROR:
        if isinstance(fact, Claimable) and fact.recharted:
            inputs.add("given_up")
            ledger = ledger._replace(given_up=ledger.given_up.delete(entity))
        if isinstance(fact, Administration):
            return ledger._replace(voids=ledger.voids.without_entity(entity, fact.received_at))
        return ledger
    match fact:
        case Administration():
            for ingredient, _, _ in ingredients_of(fact.medication, knowledge):
                ledger = without_dose(ledger, ingredient, entity, fact.effective_at)
                ingredients.add(ingredient)
            inputs.add("given")
            if fact.corrects:
                inputs.add("corrections")
                ledger = ledger._replace(corrections=ledger.corrections.delete(entity))
            return ledger
        case Order():
            inputs.add("orders")
            return order_left(ledger, fact, knowledge, ingredients)
        case Observation():
            observed = ledger.observed
            for code in codes_of(fact):
                readings = observed.get(code)
                if readings is not None:
                    kept = readings.without_entity(entity, fact.effective_at)
                    observed = observed.set(code, kept) if kept.entries else observed.delete(code)
                inputs.add(code)
            inputs.add("observed")
            return ledger._replace(observed=observed)
        case Condition():
            inputs.add("conditions")
            return ledger._replace(conditions=ledger.conditions.delete(entity))
        case Allergy():
            inputs.add("allergies")
            return ledger._replace(allergies=ledger.allergies.delete(entity))
        case Encounter():
            inputs.add("encounters")
            return ledger._replace(encounters=ledger.encounters.delete(entity))
        case UnreadableFact():
            inputs.add("unreadable")
            return ledger._replace(unreadable=ledger.unreadable.delete(entity))
        case Merge():
            inputs.add("merges")
            return ledger._replace(merges=ledger.merges.delete(entity))
        case VisitMove():
            inputs.add("moves")
            return ledger._replace(moves=ledger.moves.delete(entity))
        case Patient():
            inputs.add("person")
            return _with_person(ledger._replace(persons=ledger.persons.delete(entity)))


def _with_person(ledger: PatientLedger) -> PatientLedger:
    """The newest statement about the person counts, whichever source made it.

    House rule: one about a record that was merged into this one counts only where there is none of its own.
    """
    statements = sorted(
        ledger.persons.values(),
        key=lambda fact: (fact.merged_from is None, fact.recorded_at, fact.version, fact.entity),
    )
    return ledger._replace(person=statements[-1] if statements else None)
