"""From the lines of a scenario to facts, in the order in which they reach the door."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import yaml

from schemas.clinical import PatientFact
from schemas.dosage import MaxDose
from schemas.medications import Coding, Medication, StatedIngredient
from schemas.quantities import Quantity
from services.safety.knowledge.base import KnowledgeBase
from tests import builders
from tests.scenarios import lines
from tests.scenarios.moments import FIRST_DAY
from tests.scenarios.reading import HERE, Numbered, Scenario, ScenarioError
from tests.scenarios.restating import restated


@dataclass(frozen=True, slots=True)
class Step:
    """A fact that arrives, or a look at what was told, at a moment."""

    at: datetime
    number: int
    happens: PatientFact | lines.Look


def steps(told: Scenario) -> list[Step]:
    """Everything that happens in a scenario. Raises `ScenarioError`."""
    stage = _Stage(told)
    found = [Step(FIRST_DAY, 1, fact) for fact in stage.person()]
    for at, index, numbered in sorted(_moments(told), key=lambda each: each[0]):
        line = numbered.line
        if isinstance(line, lines.Look):
            found.append(Step(line.at, numbered.number, line))
        else:
            fact = stage.fact(numbered, at, index)
            found.append(Step(fact.received_at, numbered.number, fact))
    return sorted(found, key=lambda step: step.at)


def _moments(told: Scenario) -> Iterator[tuple[datetime, int, Numbered]]:
    """Each line at each of its moments, with the count of that moment within the line, from 1; 0 if alone."""
    for numbered in told.story:
        line = numbered.line
        times = (line.at,) if isinstance(line, lines.Look) else line.at
        for count, at in enumerate(times, 1):
            yield at, count if len(times) > 1 else 0, numbered


@dataclass(slots=True)
class _Stage:
    scenario: Scenario
    named: dict[str, PatientFact] = field(default_factory=dict)

    def person(self) -> Iterator[PatientFact]:
        """The patient, and what was measured of the body on day 1."""
        who = self.scenario.patient
        if who.age is not None or who.sex != "unknown":
            yield builders.person(None if who.age is None else float(who.age), FIRST_DAY, sex=who.sex)
        for name, value in (("weight", who.weight), ("height", who.height)):
            if value is not None:
                yield builders.observation(_code("labs", name), value, FIRST_DAY)

    def fact(self, numbered: Numbered, at: datetime, count: int) -> PatientFact:
        """The statement that a line makes at one of its moments."""
        line = numbered.line
        if isinstance(line, lines.Look):
            raise TypeError("a look states nothing")
        if count and line.charted is not None:
            raise self._wrong(numbered, "several times cannot be charted at one; write a line for each")
        try:
            fact = restated(line, self.named, at) or self._stated(numbered, line, at, count)
        except (KeyError, ValueError) as error:
            raise self._wrong(numbered, str(error.args[0])) from error
        self.named[fact.entity] = fact
        return fact

    def _wrong(self, numbered: Numbered, what: str) -> ScenarioError:
        return ScenarioError(f"{self.scenario.file}:{numbered.number}: {what}")

    def _stated(self, numbered: Numbered, line: lines.Line, at: datetime, count: int) -> PatientFact:
        knowledge = self.scenario.knowledge
        name = (line.called or f"line {numbered.number}") + (f" {count}" if count else "")
        if name in self.named:
            raise ValueError(f"something else is called {name!r} already")
        more: dict[str, Any] = {"entity": name}
        if line.charted is not None:
            more["recorded_at"] = line.charted
        match line:
            case lines.Give() | lines.Omit():
                given = isinstance(line, lines.Give)
                drug = line.give if isinstance(line, lines.Give) else line.omit
                if isinstance(line, lines.Give) and line.under is not None:
                    more["order"] = self.named[line.under].entity
                return builders.dose(
                    product(drug, line.contents, knowledge),
                    line.dose,
                    at,
                    route=line.route,
                    lasting=line.lasting if isinstance(line, lines.Give) else None,
                    rate=line.per_hour if isinstance(line, lines.Give) else None,
                    done=given,
                    **more,
                )
            case lines.Order():
                return self._order(line, at, more)
            case lines.Lab():
                return builders.observation(_code("labs", line.lab), line.value, at, text=line.text, **more)
            case lines.Condition(in_words=True):
                return builders.condition("", at, text=line.condition, **more)
            case lines.Condition():
                return builders.condition(_code("conditions", line.condition), at, **more)
            case lines.Allergy():
                substance = product(line.allergy, {}, knowledge)
                return builders.allergy(substance, at, intolerance=line.intolerance, **more)
            case lines.Admit():
                return builders.encounter(at, ward=line.admit, **more)
            case lines.Unreadable():
                return builders.unreadable(line.unreadable, at, **more)
            case _:
                raise ValueError(f"nothing is known of {type(line).__name__}")

    def _order(self, line: lines.Order, at: datetime, more: dict[str, Any]) -> PatientFact:
        schedule: dict[str, Any] = {"times_of_day": line.times} if line.times else {}
        if line.at_most is not None and line.per is not None:
            seconds = Decimal(line.per // timedelta(seconds=1))
            schedule["max_dose"] = (MaxDose(amount=builders.quantity(line.at_most), period_seconds=seconds),)
        dosage = builders.dosage(
            line.dose,
            up_to=line.up_to,
            times=line.daily or (len(line.times) or None),
            every=line.every,
            as_needed=line.as_needed,
            route=line.route,
            **schedule,
        )
        if line.replaces is not None:
            more = more | {"replaces": self.named[line.replaces].entity}
        drug = product(line.order, line.contents, self.scenario.knowledge)
        return builders.order(
            drug, None, at, dosages=(dosage,), community=line.home, ends_at=line.until, **more
        )


def product(name: str, contents: dict[str, str], knowledge: KnowledgeBase) -> Medication:
    """A drug of the knowledge base by its code; a tablet by its contents; system|code; else words only.

    After a further bar stands the display of the code: system|code|display.
    """
    if contents:
        one = Quantity(value=Decimal(1), unit="{tablet}")
        parts = tuple(
            StatedIngredient(
                name=drug, codings=_codings(drug, knowledge), strength=builders.quantity(strength), per=one
            )
            for drug, strength in contents.items()
        )
        return Medication(text=name, ingredients=parts)
    system, bar, code = name.partition("|")
    if bar:
        code, _, display = code.partition("|")
        return Medication(text=display or name, codings=(Coding(system=system, code=code, display=display),))
    return Medication(text=name, codings=_codings(name, knowledge))


def _codings(name: str, knowledge: KnowledgeBase) -> tuple[Coding, ...]:
    drug = knowledge.drug(name.lower())
    if drug is None:
        return ()
    found = [("rxnorm", code) for code in drug.codes.rxnorm] + [("atc", code) for code in drug.codes.atc]
    return tuple(Coding(system=system, code=code, display=name) for system, code in found[:1])


@cache
def _names() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load((HERE / "names" / "codes.yaml").read_text("utf-8"))
    return found


def _code(kind: str, name: str) -> str:
    known = _names()[kind]
    if name not in known and "|" not in name:
        raise ValueError(
            f"{name!r} is not in names/codes.yaml; use one of {', '.join(known)}, or system|code"
        )
    return known.get(name, name)
