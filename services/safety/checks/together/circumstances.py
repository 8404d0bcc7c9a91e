"""Whether something that a row asks about a patient holds now: age, a value, the kidneys, an illness, a drug.

A further drug counts when it was given within the row's exposure or is scheduled, and acts in the whole body.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from schemas.quantities import plain
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.patient.coded_conditions import holding
from services.safety.checks.patient.kidneys import kidney_function, kidney_inputs
from services.safety.checks.patient.measured import codes_of, measured
from services.safety.checks.patient.years_of_age import reaches_age
from services.safety.checks.use.activity import activity
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.interacting import Circumstance
from services.safety.knowledge.kinds.renal import KidneyMeasure


@dataclass(frozen=True, slots=True)
class Standing:
    """`holds` is None where it is not known; `said` is for people, with the value where there is one."""

    holds: bool | None
    said: str
    entities: tuple[str, ...] = ()


def inputs_of(knowledge: KnowledgeBase, asked: Circumstance) -> frozenset[str]:
    """The inputs, beside doses and orders, whose change may change the answer."""
    if asked.aged:
        return frozenset({"person"})
    if asked.measure is not None:
        return codes_of(knowledge, asked.measure) | {"encounters"}
    if asked.egfr_below is not None:
        return kidney_inputs(knowledge)
    return frozenset({"conditions"}) if asked.codes else frozenset()


def standing(
    view: View, asked: Circumstance, exposure: timedelta, pair: Iterable[str]
) -> tuple[Standing, datetime | None]:
    """How it stands at `view.now` beside the two drugs of a pair, and when time alone may change that."""
    if asked.aged:
        return _age(view, asked)
    if asked.measure is not None:
        return _measure(view, asked, asked.measure)
    if asked.egfr_below is not None:
        return _kidneys(view, asked)
    if asked.codes:
        held, review_at = holding(view, asked.codes, history=asked.history_counts)
        entities = tuple(fact.entity for fact, _ in held)
        return Standing(bool(held), asked.condition or "", entities), review_at
    return in_use(view, (asked.also or "",), exposure, pair)


def in_use(
    view: View, selectors: Iterable[str], exposure: timedelta, pair: Iterable[str]
) -> tuple[Standing, datetime | None]:
    """Whether a further drug of the selectors, which is none of the pair, is in use."""
    named = _named(view.knowledge, tuple(selectors))
    names: list[str] = []
    entities: list[str] = []
    review_at: datetime | None = None
    for name in sorted((present(view) & named).difference(pair)):
        drug, changes = activity(view, name, exposure)
        review_at = sooner(review_at, changes)
        if drug is not None and not drug.local and (drug.dosed or drug.scheduled):
            names.append(name)
            entities += drug.entities
    return Standing(bool(names), f"also {', '.join(names)}", tuple(entities)), review_at


@lru_cache(maxsize=1_024)
def _named(knowledge: KnowledgeBase, selectors: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for selector in selectors for name in knowledge.members(selector))


def _age(view: View, asked: Circumstance) -> tuple[Standing, datetime | None]:
    first = "" if asked.age_from is None else f"age {plain(asked.age_from)} or more"
    last = "" if asked.age_below is None else f"age below {plain(asked.age_below)}"
    said = ", ".join(filter(None, (first, last)))
    person = view.ledger.person
    if person is None or person.born_at is None:
        return Standing(None, said), None
    begins = None if asked.age_from is None else reaches_age(person.born_at, asked.age_from)
    ends = None if asked.age_below is None else reaches_age(person.born_at, asked.age_below)
    holds = (begins is None or begins <= view.now) and (ends is None or view.now < ends)
    return Standing(holds, said), earliest(view.now, begins, ends)


def _measure(view: View, asked: Circumstance, name: str) -> tuple[Standing, datetime | None]:
    measurement = view.knowledge.measurements.get(name)
    label, unit = (name, "") if measurement is None else (measurement.label, f" {measurement.unit}")
    known, review_at = measured(view, name)
    least = "" if asked.at_least is None else f"{plain(asked.at_least)} or more"
    below = "" if asked.below is None else f"below {plain(asked.below)}"
    bounds = ", ".join(filter(None, (least, below)))
    if known.reading is None:
        return Standing(None, f"{label} ({bounds})"), review_at
    value = known.reading.value
    enough = asked.at_least is None or asked.at_least <= value
    holds = enough and (asked.below is None or value < asked.below)
    return Standing(holds, f"{label} {plain(value)}{unit} ({bounds})", (known.reading.entity,)), review_at


def _kidneys(view: View, asked: Circumstance) -> tuple[Standing, datetime | None]:
    bound = asked.egfr_below
    kidneys, review_at = kidney_function(view, KidneyMeasure.EGFR)
    kidneys = kidneys if bound is None else kidneys.against((bound,))
    if bound is None or not kidneys.known:
        return Standing(None, "eGFR"), review_at
    holds = kidneys.dialysis or kidneys.lies_below(bound)
    return Standing(holds, f"{kidneys.how} (below {plain(bound)})", kidneys.entities), review_at
