"""The weight that an amount goes by: the actual one, or in the obese one with only a part of their fat."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.judgement import View
from services.safety.checks.patient.measured import Reading, measured, readings_of
from services.safety.checks.patient.years_of_age import age_of
from services.safety.knowledge.measurements import IdealWeight
from services.safety.ledger.body import BODY_HEIGHT, BODY_WEIGHT
from services.safety.ledger.entries import Observed
from services.safety.ledger.timeline import Timeline

_WEIGHED = (BODY_WEIGHT, BODY_HEIGHT)
_PLACES = 1


@dataclass(frozen=True, slots=True)
class DosingWeight:
    """In kg. `how` says for people what it is, empty for the actual weight of somebody who is not obese.

    `doubtful`: whether the patient is obese is not known, and the actual weight stands in.
    """

    value: Decimal
    how: str = ""
    entities: tuple[str, ...] = ()
    doubtful: bool = False

    @property
    def shown(self) -> JsonValue:
        """The weight as evidence."""
        return {"kg": plain(self.value), "how": self.how, "entities": list(self.entities)}


def dosing_weight(view: View, actual: Reading) -> tuple[DosingWeight, datetime | None]:
    """The adjusted weight of the obese, else the actual one, and when time alone may change that.

    Children have the actual one. Where the age is not known the obese count as adults, whose weight is the
    lower and whose limits are so the stricter, and that is said.
    """
    measurement = view.knowledge.measurements.get(BODY_WEIGHT)
    rule = measurement.ideal if measurement is not None else None
    if rule is None:
        return DosingWeight(actual.value, entities=(actual.entity,)), None
    age, birthday = age_of(view)
    if age is not None and age < rule.age_from:
        return DosingWeight(actual.value, entities=(actual.entity,)), birthday
    height, review_at = measured(view, BODY_HEIGHT)
    person = view.ledger.person
    if person is None or person.sex not in ("female", "male"):
        return _doubtful(actual, "the sex is not known"), review_at
    if height.reading is None:
        return _doubtful(actual, "no height is known"), review_at
    if height.reading.value < rule.from_height:
        return _doubtful(actual, f"the formula begins at {plain(rule.from_height)} cm"), review_at
    ideal = ideal_weight(rule, female=person.sex == "female", height=height.reading.value)
    entities = (actual.entity, height.reading.entity)
    if actual.value <= rule.obese_above * ideal:
        return DosingWeight(actual.value, entities=entities), review_at
    adjusted = round(ideal + rule.share * (actual.value - ideal), _PLACES)
    tall = f"ideal {plain(ideal)} kg at {plain(height.reading.value)} cm"
    how = f"adjusted from {plain(actual.value)} kg, {tall}"
    if age is None:
        how += ", as an adult: the age is not known"
    return DosingWeight(adjusted, how, entities), review_at


def _doubtful(actual: Reading, why: str) -> DosingWeight:
    how = f"actual weight: whether it is that of the obese cannot be told, because {why}"
    return DosingWeight(actual.value, how, (actual.entity,), doubtful=True)


def ideal_weight(rule: IdealWeight, *, female: bool, height: Decimal) -> Decimal:
    """In kg to one decimal place, for a height in cm from which on the formula holds."""
    start = rule.female if female else rule.male
    return round(start + rule.by * (height - rule.from_height) / rule.each, _PLACES)


def weighed_by(view: View) -> tuple[Timeline[Observed] | None, ...]:
    """All that is observed of it, for knowing it again by identity."""
    return tuple(each for name in _WEIGHED for each in readings_of(view, name))
