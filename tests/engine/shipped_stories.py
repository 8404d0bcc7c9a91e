"""Stories at random over the drugs, amounts, measurements and conditions of a whole knowledge base: dense
enough that corrections, voids, replacements, courses, rates and depots meet at the edges of its rules.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from schemas.base import Mode
from schemas.clinical import FactStatus, Outcome, PatientFact
from schemas.dosage import Rate
from schemas.medications import Coding, Medication, Route
from schemas.quantities import Quantity
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.measurements import Measurement
from services.safety.knowledge.models import EvidenceCode
from tests.builders import (
    allergy,
    at,
    condition,
    dose,
    encounter,
    observation,
    order,
    person,
    stopped,
    unreadable,
)
from tests.engine.drips import drip

_MASSES = frozenset({"ng", "ug", "mg", "g", "meq", "mmol", "[iU]", "10*3.[iU]", "mL"})
_FACTORS = ("0.1", "0.25", "0.5", "1", "1", "1.0001", "2", "3", "10", "70")
_ROUTES = (Route.ORAL, Route.ORAL, Route.INTRAVENOUS, Route.INTRAVENOUS, Route.SUBCUTANEOUS,
           Route.INTRAMUSCULAR, Route.UNKNOWN, *Route)  # fmt: skip
_KINDS = ("dose",) * 6 + ("order",) * 3 + ("observation",) * 4
_RARER = ("condition", "allergy", "person", "stay", "unreadable")
_STATES = (Outcome.IN_PROGRESS,) * 4 + (Outcome.PAUSED, Outcome.GIVEN)
_SAME = 10
"""Entities of a kind: few, so that statements about one meet."""


class Stories:
    """Each seed is one story of one patient, the same in every process."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._drugs: dict[str, tuple[Medication, list[Quantity]]] = {}
        for name, drug in sorted(knowledge.drugs.items()):
            found = {item for rule in (drug, *knowledge.every_rule_of(name)) for item in _amounts(rule)}
            product = Medication(
                text=name, codings=tuple(Coding(system="rxnorm", code=code) for code in drug.codes.rxnorm[:1])
            )
            if found:
                self._drugs[name] = product, sorted(found, key=str)
        self._weights = [len(knowledge.every_rule_of(name)) + 1 for name in self._drugs]
        self._measurements = [value for _, value in sorted(knowledge.measurements.items())]
        rules = (*knowledge.rules, *knowledge.interactions, *knowledge.alcohol_rules, knowledge.childbearing)
        self._conditions = sorted({code for rule in rules for code in _conditions(rule)})

    def story(self, seed: int) -> list[PatientFact]:
        """Ten to forty facts, up to two courses of scheduled doses and a drip, in order of receipt."""
        draw = random.Random(seed)
        drugs = [self._drugs[name] for name in draw.choices(list(self._drugs), self._weights, k=4)]
        facts = [self._fact(draw, drugs) for _ in range(draw.randint(10, 40))]
        for number in range(draw.choice((0, 1, 1, 2))):
            facts += _course(draw, number, *draw.choice(drugs))
        if draw.random() < 0.3:
            product, amounts = draw.choice(drugs)
            facts += drip(draw, product, draw.choice(amounts))
        ordered = sorted(facts, key=lambda fact: fact.received_at)
        return [fact.model_copy(update={"event_id": f"e{place}"}) for place, fact in enumerate(ordered)]

    def _fact(self, draw: random.Random, drugs: list[tuple[Medication, list[Quantity]]]) -> PatientFact:
        kind = draw.choice((*_KINDS, *_RARER))
        when = _when(draw)
        stated = _stated(draw, kind, when)
        product, amounts = draw.choice(drugs)
        if kind in ("dose", "order"):
            return _given(draw, kind, when, product, draw.choice(amounts), stated)
        if kind == "observation":
            return _measured(draw, when, draw.choice(self._measurements), stated)
        if kind == "condition":
            return condition(draw.choice(self._conditions), when, **stated)
        if kind == "allergy":
            return allergy(product, when, intolerance=draw.random() < 0.3, **stated)
        if kind == "person":
            return person(draw.choice((None, 0, 3, 50, 70, 88)), when, **stated)
        if kind == "stay":
            return encounter(when, ward=f"W{draw.randint(0, 3)}", **stated)
        return unreadable("x", when, about=draw.choice((None, "dose-0", "order-1")), **stated)


def _course(
    draw: random.Random, number: int, product: Medication, amounts: list[Quantity]
) -> list[PatientFact]:
    """An order and its doses for some days: mostly on time and alike; some late, missed, more or refused."""
    limit, begins = draw.choice(amounts), at(draw.randint(0, 30))
    times, route = draw.choice((1, 2, 3, 4)), draw.choice(_ROUTES)
    single = limit.value * Decimal(draw.choice(("0.1", "0.25", "0.5", "1")))
    lasting = draw.choice((None, None, None, timedelta(minutes=30)))
    entity = f"course-{number}"
    amount = f"{single:f} {limit.unit}"
    ordered = order(
        product, amount, begins, times=times, route=route, as_needed=draw.random() < 0.15, entity=entity
    )
    found: list[PatientFact] = [ordered]
    for place in range(draw.randint(4, 14)):
        late = timedelta(minutes=draw.choice((0, 0, 0, 0, 7, -20, 65, 200)))
        when = begins + timedelta(hours=24 / times) * place + late
        if draw.random() < 0.08:
            continue
        factor = draw.choice((1,) * 16 + (2, 3))
        found.append(
            dose(
                product,
                f"{single * factor:f} {limit.unit}",
                when,
                route=route,
                lasting=lasting,
                done=draw.random() < 0.95,
                entity=f"{entity}-dose-{place}",
                order=entity,
            )
        )
    if draw.random() < 0.4:
        found.append(stopped(ordered, begins + timedelta(hours=draw.randint(20, 90))))
    return found


def _when(draw: random.Random) -> datetime:
    """Within three days, within four, or weeks away; on the hour, between hours, a second after."""
    hours = (
        draw.random() * 70,
        draw.randint(0, 70),
        draw.randint(0, 400) / 4,
        draw.randint(0, 60) * 24 + draw.choice((0, 1 / 3600)),
    )
    return at(draw.choice(hours))


def _stated(draw: random.Random, kind: str, when: datetime) -> dict[str, Any]:
    recorded = when + timedelta(hours=draw.choice((0, 0, 0, 0, 1, 7, 30)))
    return {
        "entity": f"{kind}-{draw.randrange(_SAME)}",
        "recorded_at": recorded,
        "received_at": recorded + timedelta(minutes=draw.choice((0, 0, 20))),
        "version": draw.randint(0, 2),
        "status": draw.choice((FactStatus.STATED,) * 5 + (FactStatus.ENTERED_IN_ERROR,)),
        "mode": draw.choice((Mode.LIVE,) * 4 + (Mode.BACKFILL,)),
    }


def _given(
    draw: random.Random,
    kind: str,
    when: datetime,
    product: Medication,
    limit: Quantity,
    stated: dict[str, Any],
) -> PatientFact:
    """A dose, or an order, at an amount near a limit of its drug."""
    amount = f"{limit.value * Decimal(draw.choice(_FACTORS)):f} {limit.unit}"
    route = draw.choice(_ROUTES)
    if kind == "dose":
        lasting = draw.choice((None, None, timedelta(minutes=draw.choice((1, 5, 30, 60, 300)))))
        if lasting is not None and draw.random() < 0.6:
            per = Decimal(draw.choice((60, 3_600)))
            stated["rate"] = Rate(amount=limit, per_seconds=per)
            amount = draw.choice((amount, ""))
            if draw.random() < 0.4:
                lasting, amount, stated["outcome"] = None, "", draw.choice(_STATES)
        rate = stated.pop("rate", None)
        given = dose(product, amount or None, when, route=route, lasting=lasting,
                     done="outcome" in stated or draw.random() < 0.85, **stated)  # fmt: skip
        return given.model_copy(update={"rate": rate})
    stated["ends_at"] = draw.choice((None, None, when + timedelta(hours=20)))
    stated["replaces"] = draw.choice((None, None, f"order-{draw.randrange(_SAME)}"))
    times = draw.choice((1, 2, 3, 4, 6))
    ordered = order(
        product, amount, when, times=times, as_needed=draw.random() < 0.3, route=route, **stated
    )  # fmt: skip
    return ordered if draw.random() < 0.8 else stopped(ordered, when + timedelta(hours=draw.randint(1, 30)))


def _measured(draw: random.Random, when: datetime, what: Measurement, stated: dict[str, Any]) -> PatientFact:
    """A value somewhere in what is plausible, or a little beyond."""
    least, most = float(what.plausible_from or 1), float(what.plausible_to or 100)
    span = (most - least) * draw.random()
    value = least + span * draw.choice((0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.1))
    amount = f"{value:.2f} {what.unit or '1'}"
    sign = draw.choice(("", "<", "<=", ">=", ">")) if draw.random() < 0.1 else "number"
    if sign != "number":
        stated["text"] = sign + amount if sign else ""
    return observation(draw.choice(what.codes), amount if sign == "number" else None, when, **stated)


def _amounts(value: object) -> Iterator[Quantity]:
    """Every amount of a drug anywhere in a rule."""
    if isinstance(value, Quantity):
        if value.unit in _MASSES and value.value:
            yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _amounts(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _amounts(item)


def _conditions(value: object) -> Iterator[str]:
    """Every code that is evidence anywhere in a rule, as `system|code`."""
    if isinstance(value, EvidenceCode):
        yield f"{value.system}|{value.code}"
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _conditions(getattr(value, name))
    elif isinstance(value, tuple | frozenset):
        for item in value:
            yield from _conditions(item)
