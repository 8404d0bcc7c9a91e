"""The pairs of drugs that any interaction row speaks of, and what must be known of a patient for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from schemas.issues import SourceRef
from schemas.medications import Route
from services.safety.checks.amounts.daily_excess import DailyMost, daily_most
from services.safety.checks.together.circumstances import inputs_of
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.interacting import Interaction


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A row about two ingredients in name order; each counts as active for its own time after a dose."""

    row: Interaction
    one_for: timedelta
    other_for: timedelta
    exempt: frozenset[Route]
    source: SourceRef
    most: DailyMost | None

    def usual(self, exposure: timedelta) -> bool:
        """Whether both count as active for the usual time, by any route, and nothing else matters."""
        alike = self.one_for == self.other_for == exposure
        return alike and not self.exempt and not self.row.contextual


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two ingredients in name order, and the rows that speak of them.

    `usual`: every row is. Otherwise `bystanders` are the further drugs of the patient that a row looks for,
    and `inputs` what else it reads.
    """

    one: str
    other: str
    rules: tuple[Rule, ...]
    usual: bool
    bystanders: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@lru_cache(maxsize=16_384)
def _partners(knowledge: KnowledgeBase, ingredient: str) -> Mapping[str, tuple[Rule, ...]]:
    """The ingredients after an ingredient in name order that it interacts with, and the rows that say so."""
    sides: dict[str, dict[str, tuple[Interaction, timedelta, timedelta]]] = {}
    for row in knowledge.interactions_of(ingredient):
        for mine, theirs in (row.between, row.between[::-1]):
            if not knowledge.selected(mine, ingredient):
                continue
            own = row.active_for(mine, ingredient)
            for partner in knowledge.members(theirs):
                if partner > ingredient:
                    found = sides.setdefault(partner, {})
                    other = row.active_for(theirs, partner)
                    _, own_too, other_too = found.get(row.id, (row, own, other))
                    found[row.id] = (row, max(own, own_too), max(other, other_too))
    return {name: tuple(_rule(*each) for each in found.values()) for name, found in sides.items()}


def _rule(row: Interaction, one_for: timedelta, other_for: timedelta) -> Rule:
    dose = row.daily_dose
    most = None if dose is None else daily_most(dose.above, dose.routes)
    return Rule(row, one_for, other_for, frozenset(row.exempt_routes), source_ref(row), most)


@lru_cache(maxsize=8_192)
def pairs(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[tuple[Pair, ...], frozenset[str]]:
    """The pairs among some ingredients that any row speaks of, in name order, and the drugs of usual ones."""
    found = tuple(
        _pair(knowledge, one, other, rules, ingredients)
        for one in sorted(ingredients)
        for other, rules in sorted(_partners(knowledge, one).items())
        if other in ingredients
    )
    return found, frozenset(name for pair in found if pair.usual for name in (pair.one, pair.other))


def _pair(
    knowledge: KnowledgeBase, one: str, other: str, rules: tuple[Rule, ...], ingredients: frozenset[str]
) -> Pair:
    usual = knowledge.policy.dose.point_event
    if all(rule.usual(usual) for rule in rules):
        return Pair(one, other, rules, usual=True)
    looked_for = {name for rule in rules for each in rule.row.bystanders for name in knowledge.members(each)}
    bystanders = (looked_for & ingredients) - {one, other}
    asked = (each for rule in rules for each in rule.row.circumstances)
    inputs = frozenset().union(*(inputs_of(knowledge, each) for each in asked))
    return Pair(one, other, rules, False, tuple(sorted(bystanders)), tuple(sorted(inputs)))


@lru_cache(maxsize=8)
def inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    """What any row reads of a patient."""
    asked = (each for row in knowledge.interactions for each in row.circumstances)
    return frozenset({"given", "orders"}).union(*(inputs_of(knowledge, each) for each in asked))
