"""The thresholds of the opioid load, the drugs that each speaks of, and where its figures are from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from schemas.issues import SourceRef
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.knowledge.kinds.opioid_load import OpioidLoad


@dataclass(frozen=True, slots=True, eq=False)
class LoadRule:
    """A threshold and where it is from."""

    row: OpioidLoad
    source: SourceRef


@lru_cache(maxsize=64)
def load_rules(knowledge: KnowledgeBase) -> tuple[LoadRule, ...]:
    """The rows, the gravest first."""
    rows = sorted(knowledge.rules_of_kind(OpioidLoad), key=lambda row: -row.severity.rank)
    return tuple(LoadRule(row, source_ref(row)) for row in rows)


@lru_cache(maxsize=8_192)
def opioids_among(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[str, ...]:
    """The drugs among some that any threshold speaks of, in name order."""
    return tuple(name for name in sorted(ingredients) if knowledge.rules_of(name, OpioidLoad))


@lru_cache(maxsize=8_192)
def spoken_of(knowledge: KnowledgeBase, rule: LoadRule, opioids: tuple[str, ...]) -> tuple[str, ...]:
    """Those of which a threshold speaks."""
    return tuple(name for name in opioids if knowledge.selected(rule.row.subject, name))


class Group(NamedTuple):
    """Thresholds that speak of the same drugs, over the same time."""

    rules: tuple[LoadRule, ...]
    drugs: tuple[str, ...]
    window: timedelta


@lru_cache(maxsize=8_192)
def groups(knowledge: KnowledgeBase, opioids: tuple[str, ...]) -> tuple[Group, ...]:
    """The rules by the drugs that they speak of, among some, and their window."""
    rules: dict[tuple[tuple[str, ...], timedelta], list[LoadRule]] = {}
    for rule in load_rules(knowledge):
        about = (spoken_of(knowledge, rule, opioids), rule.row.window)
        rules.setdefault(about, []).append(rule)
    return tuple(Group(tuple(mine), drugs, window) for (drugs, window), mine in rules.items())


def sources_of(knowledge: KnowledgeBase, rule: LoadRule, rows: Iterable[str]) -> tuple[SourceRef, ...]:
    """The source of a threshold and those of the factors, each once."""
    sources = _sources(knowledge)
    return (rule.source, *[sources[each] for each in dict.fromkeys(rows)])


@lru_cache(maxsize=8)
def _sources(knowledge: KnowledgeBase) -> Mapping[str, SourceRef]:
    """Where the factors are from, by their rows."""
    return {row.id: source_ref(row) for row in knowledge.rules_of_kind(MmeFactor)}


@lru_cache(maxsize=8)
def drafts(knowledge: KnowledgeBase) -> frozenset[str]:
    """The ids of the factors that are drafts."""
    return frozenset(row.id for row in knowledge.rules_of_kind(MmeFactor) if row.shadow)
