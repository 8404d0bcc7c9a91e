"""What is known of a patient's kidneys now: the newest of all that tells it, or why nothing does.

Of eGFR, creatinine clearance and creatinine the newest counts, whatever the formula; a laboratory's estimate
goes before the creatinine of the same moment. A newest value that cannot be used leaves the kidneys unknown:
an older one is never taken in its place. What had to be taken for what is said in `how`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.patient.beyond_range import Beyond
from services.safety.checks.patient.body_surface import body_surface
from services.safety.checks.patient.coded_conditions import holding
from services.safety.checks.patient.creatinine import unstable
from services.safety.checks.patient.dosing_weight import DosingWeight, dosing_weight
from services.safety.checks.patient.kidney_formulas import clearance, filtration
from services.safety.checks.patient.measured import Reading, codes_of, measured
from services.safety.checks.patient.years_of_age import age_of
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.renal import KidneyMeasure
from services.safety.ledger.body import BODY, BODY_WEIGHT

EGFR, CLEARANCE, CREATININE = "egfr", "creatinine-clearance", "creatinine"
_FAMILIES = (EGFR, CLEARANCE, CREATININE)
_SAID = {EGFR: "eGFR", CLEARANCE: "creatinine clearance"}
_DIRECT = {
    KidneyMeasure.EGFR: EGFR,
    KidneyMeasure.CLEARANCE: CLEARANCE,
    KidneyMeasure.CLEARANCE_BY_ACTUAL_WEIGHT: CLEARANCE,
}
"""The result that is the measure itself, and need not be worked out."""
_PLACES = 1


@dataclass(frozen=True, slots=True)
class KidneyFunction:
    """The value in the unit of the measure asked for, what it rests on, and whether it is falling fast.

    `value` is None where nothing is known; `why_not` then says so for people. On dialysis no value matters.
    `beyond`: what a result beyond the range of its method says; `against` edges by which that decides, the
    value is its bound.
    """

    value: Decimal | None
    how: str = ""
    why_not: str = ""
    entities: tuple[str, ...] = ()
    unstable: bool = False
    dialysis: bool = False
    beyond: Beyond | None = None

    @property
    def known(self) -> bool:
        """Whether anything can be said of them."""
        return self.dialysis or self.value is not None

    def against(self, edges: Iterable[Decimal]) -> "KidneyFunction":
        """The same for whoever asks only whether it is below any of the edges."""
        beyond = self.beyond
        if beyond is None or self.known or any(beyond.lies_below(edge) is None for edge in edges):
            return self
        return replace(self, value=beyond.value, why_not="")

    @property
    def shown(self) -> str | None:
        """The value as evidence."""
        if self.value is None:
            return None
        return plain(self.value) if self.beyond is None else str(self.beyond)

    def lies_below(self, edge: Decimal) -> bool:
        """Whether a value that is known lies below an edge."""
        assert self.value is not None  # noqa: S101 - whoever asks has seen that it is known
        if self.beyond is not None:
            return self.beyond.lies_below(edge) is True
        return self.value < edge


_at_hand: Remembered[KidneyFunction] = Remembered()
_remembered: Remembered[KidneyFunction] = Remembered()


def kidney_function(view: View, measure: KidneyMeasure) -> tuple[KidneyFunction, datetime | None]:
    """What is known at `view.now`, and when time alone may change it.

    Remembered until anything at all is observed, and further on until something that tells the kidneys is.
    """
    ledger, knowledge = view.ledger, view.knowledge
    standing = (ledger.observed, ledger.conditions, ledger.encounters, ledger.person, knowledge)
    key = (*map(id, standing), measure)
    known = _at_hand.known(view.now, key)
    return known if known is not None else _at_hand.keep(view.now, key, standing, *_kept(view, measure))


def _kept(view: View, measure: KidneyMeasure) -> tuple[KidneyFunction, datetime | None]:
    about = _about(view)
    key = (*map(id, about), measure)
    known = _remembered.known(view.now, key)
    return known if known is not None else _remembered.keep(view.now, key, about, *_function(view, measure))


_past: Remembered[KidneyFunction] = Remembered()


def kidney_function_at(view: View, measure: KidneyMeasure, at: datetime) -> KidneyFunction:
    """The kidneys at an instant that has passed, by all that is on record of it now.

    Most doses are charted minutes after they were given: what is remembered of now was right then already.
    """
    about = _about(view)
    key = (*map(id, about), measure)
    known = _remembered.known(at, key)
    if known is not None:
        return known[0]
    key = (*key, at)
    known = _past.known(view.now, key)
    if known is None:
        then, _ = _function(view._replace(now=at), measure)
        known = _past.keep(at, key, about, then, None)
    return known[0]


def _about(view: View) -> tuple[object, ...]:
    """All that tells the kidneys."""
    ledger = view.ledger
    readings = map(ledger.observed.get, _observed(view.knowledge))
    return (*readings, ledger.conditions, ledger.encounters, ledger.person, view.knowledge)


@lru_cache(maxsize=8)
def kidney_inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    """What a check reads to know the kidneys."""
    return _observed(knowledge) | {"person", "conditions", "encounters"}


@lru_cache(maxsize=8)
def _observed(knowledge: KnowledgeBase) -> frozenset[str]:
    """The codes of all that tells the kidneys."""
    return frozenset().union(*(codes_of(knowledge, name) for name in (*_FAMILIES, *BODY)))


def _function(view: View, measure: KidneyMeasure) -> tuple[KidneyFunction, datetime | None]:
    kidneys = view.knowledge.kidneys
    if kidneys is None:
        return KidneyFunction(None, why_not="the knowledge base does not say how it is told"), None
    on_dialysis, review_at = holding(view, kidneys.dialysis)
    if on_dialysis:
        codes = tuple(fact.entity for fact, _ in on_dialysis)
        return KidneyFunction(None, "on dialysis", entities=codes, dialysis=True), review_at
    newest: tuple[datetime, int, str, Reading | None, str] | None = None
    beyond: Beyond | None = None
    for place, name in enumerate(_FAMILIES):
        known, changes = measured(view, name)
        review_at = sooner(review_at, changes)
        found: tuple[datetime, int, str, Reading | None, str] | None = None
        if known.unusable:
            worst = known.unusable[0]
            found = (worst.at, -place, name, None, worst.entity)
            beyond = worst.beyond if name == _DIRECT[measure] else beyond
        elif known.reading is not None:
            found = (known.reading.at, -place, name, known.reading, known.reading.entity)
        if found is not None and (newest is None or found[:2] > newest[:2]):
            newest = found
    if newest is None:
        return KidneyFunction(
            None, why_not="no eGFR or creatinine is known, or the last one is too old"
        ), review_at
    at, _, name, reading, entity = newest
    if reading is None:
        beyond = beyond if name == _DIRECT[measure] else None
        how = f"{_SAID[name]} {beyond} of {view.clock(at)}" if beyond is not None else ""
        steep = beyond is not None and unstable(view, kidneys.unstable)
        why = "the newest result cannot be used"
        told = KidneyFunction(None, how, why, (entity,), unstable=steep, beyond=beyond)
        return told, review_at
    told, changes = _told(view, measure, name, reading)
    review_at = earliest(view.now, review_at, changes)
    if told.value is not None and unstable(view, kidneys.unstable):
        told = KidneyFunction(
            told.value, f"{told.how}; creatinine is rising fast", "", told.entities, unstable=True
        )
    return told, review_at


def _told(
    view: View, measure: KidneyMeasure, name: str, reading: Reading
) -> tuple[KidneyFunction, datetime | None]:
    when = f"of {view.clock(reading.at)}"
    entities = (reading.entity,)
    if name == CLEARANCE:
        how = f"creatinine clearance {plain(reading.value)} {when}"
        if measure is not KidneyMeasure.EGFR:
            return KidneyFunction(reading.value, how, entities=entities), None
        return _indexed(view, reading.value, f"{how} in place of eGFR", entities)
    if name == EGFR:
        how = f"eGFR {plain(reading.value)} {when}"
        if measure is KidneyMeasure.EGFR:
            return KidneyFunction(reading.value, how, entities=entities), None
        return _unindexed(view, reading.value, f"{how} in place of creatinine clearance", entities)
    kidneys, person = view.knowledge.kidneys, view.ledger.person
    age, changes = age_of(view)
    if kidneys is None or person is None or age is None or person.sex not in ("female", "male"):
        why = "creatinine is known, but age or sex is not, so no eGFR can be told from it"
        return KidneyFunction(None, why_not=why, entities=entities), changes
    if age < max(kidneys.egfr.age_from, kidneys.clearance.age_from):
        why = "creatinine is known, but the formulas hold for adults only"
        return KidneyFunction(None, why_not=why, entities=entities), changes
    made = f"from creatinine {plain(reading.value)} mg/dL {when}"
    if measure is not KidneyMeasure.EGFR:
        weight, more = measured(view, BODY_WEIGHT)
        changes = earliest(view.now, changes, more)
        if weight.reading is not None:
            counted = DosingWeight(weight.reading.value, entities=(weight.reading.entity,))
            if measure is KidneyMeasure.CLEARANCE:
                counted, more = dosing_weight(view, weight.reading)
                changes = earliest(view.now, changes, more)
            value = clearance(kidneys.clearance, person, age, reading.value, counted.value)
            by = f" and {plain(counted.value)} kg, {counted.how}" if counted.how else ""
            how = f"creatinine clearance {plain(value)} (Cockcroft-Gault) {made}{by}"
            return KidneyFunction(value, how, entities=(*entities, *counted.entities)), changes
    value = filtration(kidneys.egfr, person, age, reading.value)
    how = f"eGFR {plain(value)} (CKD-EPI 2021) {made}"
    if measure is KidneyMeasure.EGFR:
        return KidneyFunction(value, how, entities=entities), changes
    how += " in place of creatinine clearance, because the weight is not known"
    told, more = _unindexed(view, value, how, entities)
    return told, earliest(view.now, changes, more)


def _indexed(
    view: View, value: Decimal, how: str, entities: tuple[str, ...]
) -> tuple[KidneyFunction, datetime | None]:
    """A clearance as it would be for the body surface of eGFR; as it stands where the own is not known."""
    return _by_surface(view, value, how, entities, ("mL/min/1.73 m2", "by"), indexed=True)


def _unindexed(
    view: View, value: Decimal, how: str, entities: tuple[str, ...]
) -> tuple[KidneyFunction, datetime | None]:
    """An eGFR as it is for the patient's own body surface in mL/min; as it stands where that is not known."""
    return _by_surface(view, value, how, entities, ("mL/min", "for"), indexed=False)


def _by_surface(
    view: View, value: Decimal, how: str, entities: tuple[str, ...], words: tuple[str, str], *, indexed: bool
) -> tuple[KidneyFunction, datetime | None]:
    """A value brought from the own body surface to that of eGFR, or back. `words`: its unit then, and by or
    for which surface.
    """
    kidneys, (unit, by) = view.knowledge.kidneys, words
    surface, changes = body_surface(view)
    if kidneys is None or isinstance(surface, NotAssessedReason):
        told = f"{how}, not converted to {unit}, because the body surface is not known"
        return KidneyFunction(value, told, entities=entities), changes
    other = kidneys.indexing.surface
    made = value * other / surface.value if indexed else value * surface.value / other
    made = round(made, _PLACES)
    told = f"{how}, {plain(made)} {unit} {by} a body surface of {plain(surface.value)} m2 {surface.how}"
    return KidneyFunction(made, told, entities=(*entities, *surface.entities)), changes
