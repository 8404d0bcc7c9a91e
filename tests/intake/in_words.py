"""Facts in a few words each, so that an expectation can be read beside the file it is about."""

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal

from schemas.clinical import (
    Administration,
    Allergy,
    Condition,
    Encounter,
    FactStatus,
    Observation,
    Order,
    Patient,
    PatientFact,
)
from schemas.dosage import Dosage, MaxDose, Rate
from schemas.medications import Medication, Route, StatedIngredient
from services.intake.fhir.header import UNTIMED


def in_words(fact: PatientFact) -> list[str]:
    """The fact, and each dosage of an order on a line of its own."""
    if fact.status is FactStatus.ENTERED_IN_ERROR:
        return ["taken back"]
    match fact:
        case Order():
            head = [
                f"order of {_drug(fact.medication)}",
                fact.state.value,
                "at home" if fact.community else "",
            ]
            return [
                _line(*head, _span(fact.effective_at, fact.ends_at)),
                *(_dosage(item) for item in fact.dosages),
            ]
        case Administration():
            amounts = [str(fact.dose) if fact.dose else "", _rate(fact.rate)]
            said = amounts if any(amounts) else ["words only" if fact.dose_text else ""]
            head = [f"dose of {_drug(fact.medication)}", fact.outcome.value]
            return [_line(*head, *said, _route(fact.route), _span(fact.effective_at, fact.ended_at))]
        case Observation():
            value = str(fact.value) if fact.value else f"'{fact.text}'" if fact.text else "nothing"
            return [_line(f"{_code(fact)} is {value}", _at(fact.effective_at))]
        case Allergy():
            named = _drug(fact.substance)
            head = f"no known allergy ({named})" if fact.negated else f"allergy to {named}"
            holds = "" if fact.negated else "active" if fact.active else "over"
            return [_line(head, holds, _at(fact.effective_at))]
        case Condition():
            holds = "active" if fact.active else "over"
            return [_line(f"condition {_code(fact)}", holds, _at(fact.effective_at))]
        case Encounter():
            kind = ("inpatient stay" if fact.inpatient else "visit") + (
                f" '{fact.ward}'" if fact.ward else ""
            )
            return [_line(kind, _span(fact.effective_at, fact.ends_at))]
        case Patient():
            born = f"born {_at(fact.born_at)}" if fact.born_at else "birth unknown"
            return [_line(fact.sex, born, f"died {_at(fact.died_at)}" if fact.died_at else "")]
        case _:
            return [fact.kind]


def _line(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _at(instant: datetime) -> str:
    if instant == UNTIMED:
        return "undated"
    return f"{instant:%Y-%m-%d}" if instant.time() == time() else f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _span(start: datetime | None, end: datetime | None) -> str:
    if start == UNTIMED:
        return "undated"
    first = f"from {_at(start)}" if start else ""
    return " ".join(part for part in (first, f"to {_at(end)}" if end else "") if part)


def _code(fact: Observation | Condition) -> str:
    coded = next((f"{item.system}|{item.code}" for item in fact.codings), "")
    return coded or (f"'{fact.text}'" if isinstance(fact, Condition) else "")


def _drug(medication: Medication) -> str:
    codes = [f"{item.system}|{item.code}" for item in medication.codings]
    return codes[0] if codes else " with ".join(map(_part, medication.ingredients)) or f"'{medication.text}'"


def _part(item: StatedIngredient) -> str:
    strength = f" {item.strength} in {item.per}" if item.strength and item.per else ""
    return "".join(f"{code.system}|{code.code}" for code in item.codings[:1]) + strength


def _dosage(item: Dosage) -> str:
    low, high = (str(end) if end else "" for end in (item.dose_low, item.dose_high))
    dose = low if low == high else f"{low} to {high}"
    structured = [dose, _rate(item.rate), _times(item), "once" if item.once else ""]
    step = f"step {item.sequence}" if item.sequence != 1 and item.starts_at is None else ""
    said = structured if any(structured) else ["words only" if item.text else "nothing"]
    span = _span(item.starts_at, item.ends_at)
    needed = "as needed" if item.as_needed else ""
    return _line(*said, _route(item.route), needed, *map(_most, item.max_dose), step, span)


def _times(item: Dosage) -> str:
    if item.times_of_day:
        return "at " + " ".join(item.times_of_day)
    if item.period_seconds is None:
        return ""
    low, high = (_plain(end) for end in (item.times_low, item.times_high))
    return f"{high if low == high else f'{low} to {high}'} times in {_plain(item.period_seconds / 3_600)} h"


def _rate(rate: Rate | None) -> str:
    return f"{rate.amount} in {_plain(rate.per_seconds / 3_600)} h" if rate else ""


def _most(item: MaxDose) -> str:
    return f"at most {item.amount} in {_plain(item.period_seconds / 3_600)} h"


def _route(route: Route) -> str:
    return "" if route is Route.UNKNOWN else route.value


def _plain(number: Decimal | None) -> str:
    return f"{number.normalize():f}" if number is not None else ""


def all_in_words(facts: Iterable[PatientFact]) -> list[str]:
    """All facts in words, in their order."""
    return [line for fact in facts for line in in_words(fact)]
