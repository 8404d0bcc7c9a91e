"""Results that are parts of another one: which of them its newest version has no longer.

House rule: a whole is stated with all its parts, so a part of an older version than the newest of its whole
is gone, whatever arrives first.
"""

from collections.abc import Iterable, Mapping

from immutables import Map

from schemas.clinical import Observation, PatientFact

Panels = Map[str, frozenset[str]]
"""The parts that are known of a whole, each by its entity."""


def gone(fact: PatientFact, facts: Mapping[str, PatientFact]) -> bool:
    """Whether a statement is of a part that the newest version of its whole has no longer."""
    if not isinstance(fact, Observation) or fact.component_of is None:
        return False
    whole = facts.get(fact.component_of)
    return (
        isinstance(whole, Observation)
        and whole.source == fact.source
        and (whole.recorded_at, whole.version) > (fact.recorded_at, fact.version)
    )


def with_part(panels: Panels, part: str, whole: str) -> Panels:
    """The parts that are known once this one is."""
    known = panels.get(whole, frozenset())
    return panels if part in known else panels.set(whole, known | {part})


def without(panels: Panels, forgotten: Iterable[PatientFact]) -> Panels:
    """The parts that are known once some statements are forgotten."""
    for fact in forgotten:
        whole = fact.component_of if isinstance(fact, Observation) else None
        if whole is not None and whole in panels:
            left = panels[whole] - {fact.entity}
            panels = panels.set(whole, left) if left else panels.delete(whole)
    return panels
