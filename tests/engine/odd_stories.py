"""Stories of what is valid and yet odd: nothing given, no time passed, an end at the beginning, all at once,
products of several drugs, amounts and counts as small and as large as they may be stated.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from schemas.clinical import (
    Administration,
    Allergy,
    Condition,
    Encounter,
    Fact,
    FactStatus,
    Intent,
    Observation,
    Order,
    OrderState,
    Outcome,
    Patient,
    PatientFact,
)
from schemas.dosage import Dosage, MaxDose, Rate
from schemas.medications import Coding, Medication, Route, StatedIngredient
from schemas.quantities import Quantity
from services.safety.knowledge.base import KnowledgeBase
from tests.builders import at
from tests.engine.shipped_stories import Stories

F = TypeVar("F", bound=Fact)

_VALUES = ("0", "0", "0.000000000001", "0.001", "1", "10", "1000", "10000000")
_UNITS = ("mg", "ug", "g", "mL", "[iU]", "meq", "mmol", "{tablet}", "{patch}", "%", "mg/kg", "mg/m2", "mg/h",
          "ug/h", "furlong", "10*3.[iU]", "mg/dL", "kg", "1")  # fmt: skip
_SPANS = ("1", "59", "3600", "86400", "86401", "604800", "31557600", "999999999")
_COUNTS = ("0.001", "0.3", "1", "1", "2", "3", "24", "1440", "86400")
_TIMES = ("00:00", "08:00", "08:00:00", "20:00", "23:59")
_INSTANTS = (
    at(),
    at(0, microseconds=1),
    at(-1),
    at(days=-400),
    datetime(1900, 1, 1, tzinfo=UTC),
    datetime(1700, 1, 1, tzinfo=UTC),
    datetime(2499, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)


class OddStories:
    """Each seed is one story of one patient, the same in every process."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._told = Stories(knowledge)
        self._codes = [(name, drug.codes.rxnorm[0]) for name, drug in sorted(knowledge.drugs.items())
                       if drug.codes.rxnorm]  # fmt: skip

    def story(self, seed: int) -> list[PatientFact]:
        """The facts of an ordinary story, about half of them odd, in order of receipt."""
        draw = random.Random(seed)
        facts = [self._perhaps(draw, fact) for fact in self._told.story(seed)]
        if draw.random() < 0.2:
            facts = [_at_once(fact) for fact in facts]
        ordered = sorted(facts, key=lambda fact: fact.received_at)
        return [fact.model_copy(update={"event_id": f"e{place}"}) for place, fact in enumerate(ordered)]

    def _perhaps(self, draw: random.Random, fact: PatientFact) -> PatientFact:
        if draw.random() < 0.5:
            return fact
        for _ in range(9):
            try:
                return stated_as(fact, dict(self._changes(draw, fact)))
            except ValidationError:
                continue
        return fact

    def _changes(self, draw: random.Random, fact: PatientFact) -> Iterator[tuple[str, Any]]:
        chosen = list(self._odd(draw, fact))
        yield from draw.sample(chosen, k=min(len(chosen), draw.choice((1, 1, 2, 3, 5))))

    def _odd(self, draw: random.Random, fact: PatientFact) -> Iterator[tuple[str, Any]]:
        """All that may be odd of a fact, each as the field and its value."""
        begin = fact.effective_at
        sometime = draw.choice((begin, begin, begin + timedelta(microseconds=1), *_INSTANTS))
        yield "status", draw.choice(tuple(FactStatus))
        yield "effective_at", draw.choice(_INSTANTS)
        yield "recorded_at", draw.choice(_INSTANTS)
        match fact:
            case Administration():
                yield "dose", _perhaps_amount(draw)
                yield "rate", draw.choice((None, _rate(draw)))
                yield "ended_at", draw.choice((None, sometime))
                yield "outcome", draw.choice(tuple(Outcome))
                yield "route", draw.choice(tuple(Route))
                yield "order", draw.choice((None, fact.entity, "order-0", "order-1", "course-0"))
                yield "medication", self._product(draw, fact.medication)
                yield "corrects", True
                yield "dose_text", "a little"
            case Order():
                yield "dosages", tuple(_dosage(draw) for _ in range(draw.choice((0, 1, 1, 2, 5))))
                yield "state", draw.choice(tuple(OrderState))
                yield "intent", draw.choice(tuple(Intent))
                yield "ends_at", draw.choice((None, sometime))
                yield "stopped_at", draw.choice((None, sometime))
                yield "replaces", draw.choice((fact.entity, "order-0", "order-1", "nowhere"))
                yield "also_known", draw.choice((("order-1",), (fact.entity,), ("order-2", "order-3")))
                yield "based_on", draw.choice((("order-1",), (fact.entity,)))
                yield "alternatives", "these"
                yield "community", True
                yield "do_not_perform", True
                yield "new_to_patient", True
                yield "medication", self._product(draw, fact.medication)
            case Observation():
                yield "value", _perhaps_amount(draw)
                yield "text", draw.choice(("", "NEG", "<20", "see note"))
                yield "codings", fact.codings * draw.choice((0, 2))
            case Condition():
                yield "active", False
                yield "abated_at", sometime
                yield "codings", ()
                yield "text", draw.choice(("", "kidneys", "seizures"))
            case Allergy():
                yield "substance", self._product(draw, fact.substance)
                yield "negated", True
                yield "active", False
            case Patient():
                yield "born_at", draw.choice((None, *_INSTANTS))
                yield "sex", draw.choice(("male", "female", "other"))
                yield "died_at", sometime
            case Encounter():
                yield "ends_at", sometime
                yield "inpatient", False
                yield "class_known", False
                yield "ward", ""

    def _product(self, draw: random.Random, known: Medication) -> Medication:
        """A product of several drugs, of one of them twice, of none, in words or under a code of nobody."""
        parts = tuple(self._part(draw) for _ in range(draw.choice((0, 1, 2, 2, 4))))
        if draw.random() < 0.3:
            parts = (*parts, *parts[:1])
        codings = draw.choice(((), known.codings, (Coding(system="rxnorm", code="nobody's"),)))
        text = draw.choice((known.text, "", "unknown syrup"))
        return Medication(text=text, codings=codings, ingredients=parts)

    def _part(self, draw: random.Random) -> StatedIngredient:
        name, code = draw.choice(self._codes)
        codings = draw.choice(((), (Coding(system="rxnorm", code=code),)))
        return StatedIngredient(
            name=name, codings=codings, strength=_perhaps_amount(draw), per=_perhaps_amount(draw)
        )


def stated_as(fact: F, changes: dict[str, Any]) -> F:
    """The same fact with some fields stated otherwise. Raises `ValidationError`: nobody may state that."""
    return type(fact)(**{name: getattr(fact, name) for name in type(fact).model_fields} | changes)


def _at_once(fact: PatientFact) -> PatientFact:
    """The same fact, received, recorded and true in one instant for all of them where that may be stated."""
    try:
        return stated_as(fact, dict.fromkeys(("effective_at", "recorded_at", "received_at"), at(5)))
    except ValidationError:
        return fact


def _amount(draw: random.Random) -> Quantity:
    return Quantity(value=Decimal(draw.choice(_VALUES)), unit=draw.choice(_UNITS))


def _perhaps_amount(draw: random.Random) -> Quantity | None:
    return draw.choice((None, _amount(draw), _amount(draw)))


def _rate(draw: random.Random) -> Rate:
    return Rate(amount=_amount(draw), per_seconds=Decimal(draw.choice(_SPANS)))


def _dosage(draw: random.Random) -> Dosage:
    """A dosage of which any field may be missing, and of which nothing need fit together."""
    begin = draw.choice(_INSTANTS)
    stated: dict[str, Any] = {
        "sequence": draw.randint(0, 3),
        "route": draw.choice(tuple(Route)),
        "dose_low": _perhaps_amount(draw),
        "dose_high": _perhaps_amount(draw),
        "rate": _rate(draw),
        "times_low": Decimal(draw.choice(_COUNTS)),
        "times_high": Decimal(draw.choice(_COUNTS)),
        "period_seconds": Decimal(draw.choice(_SPANS)),
        "times_of_day": tuple(draw.choices(_TIMES, k=draw.randint(0, 4))),
        "once": draw.random() < 0.5,
        "as_needed": draw.random() < 0.5,
        "max_dose": (MaxDose(amount=_amount(draw), period_seconds=Decimal(draw.choice(_SPANS))),),
        "starts_at": begin,
        "ends_at": draw.choice((begin, begin + timedelta(hours=9))),
    }
    return Dosage(**{name: value for name, value in stated.items() if draw.random() < 0.6})
