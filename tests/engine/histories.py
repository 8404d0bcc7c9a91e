"""Histories of one patient at random, dense enough that orders, doses, corrections and voids meet."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.base import Mode
from schemas.clinical import FactStatus, Outcome, PatientFact
from schemas.medications import Route
from tests.builders import (
    allergy,
    at,
    condition,
    dose,
    encounter,
    in_words,
    observation,
    order,
    person,
    tablets,
    unreadable,
)

DRUGS: tuple[Any, ...] = (
    "baclofen",
    "baclofen",
    "morphine",
    "diazepam",
    "citalopram",
    "linezolid",
    "acetaminophen",
    in_words("holy water"),
    tablets(hydrocodone="5 mg", acetaminophen="325 mg"),
)
AMOUNTS = ("10 mg", "20 mg", "30 mg", "90 mg", "2 {tablet}", "1 [drp]", "1 mg/kg")
KINDS = (
    "dose",
    "dose",
    "dose",
    "order",
    "order",
    "observation",
    "condition",
    "allergy",
    "person",
    "stay",
    "other",
)


_KIND = st.sampled_from(KINDS)
_HOUR = st.integers(0, 70)
_RECORDED_AFTER_H = st.sampled_from((0, 0, 0, 1, 7, 30))
_RECEIVED_AFTER_MIN = st.sampled_from((0, 0, 20))
_EITHER = st.booleans()
_NUMBER = st.integers(0, 5)
_VERSION = st.integers(0, 2)
_STATUS = st.sampled_from((FactStatus.STATED, FactStatus.STATED, FactStatus.ENTERED_IN_ERROR))
SOURCES = ("ward", "lab")
_SOURCE = st.sampled_from(SOURCES)
_DRUG = st.sampled_from(DRUGS)
_AMOUNT = st.sampled_from(AMOUNTS)
_LASTING = st.sampled_from((None, None, timedelta(hours=5)))
_OUTCOME = st.sampled_from((Outcome.GIVEN, Outcome.GIVEN, Outcome.NOT_DONE))
_ROUTE = st.sampled_from((Route.ORAL, Route.ORAL, Route.UNKNOWN))
_REPLACED = st.sampled_from((None, None, "order-0", "order-1"))
_ENDS_AFTER = st.sampled_from((None, timedelta(hours=20)))
_TIMES = st.sampled_from((3, 6))
_OBSERVED = st.sampled_from(("5643-2", "75626-2", "33914-3", "29463-7", "2160-0"))
_VALUE = st.sampled_from(("120 mg/dL", "5 1", "20 mL/min", "45 kg", "20 mL/min/{1.73_m2}", "3 mg/dL"))
_CONDITION = st.sampled_from(
    ("icd10|F10.2", "icd10|J44.1", "icd10|G40.9", "icd10|Z34.0", "icd10|Z37.0", "snomed|182923009")
)
_AGE = st.sampled_from((50, 70, None))
_OTHER_ALLERGEN = st.sampled_from((None, "morphine", in_words("opioids")))
_ABOUT = st.sampled_from((None, "dose-0", "order-1"))


@st.composite
def statements(draw: st.DrawFn, *, mode: Mode | None = None) -> PatientFact:
    """Any statement about one of a few entities.

    What is drawn from is made once, above: making it for every statement took longer than drawing.
    """
    kind = draw(_KIND)
    when = at(float(draw(_HOUR)))
    recorded = when + timedelta(hours=draw(_RECORDED_AFTER_H))
    backfill = draw(_EITHER) if mode is None else mode is Mode.BACKFILL
    number = draw(_NUMBER)
    stated: dict[str, Any] = {
        "entity": f"{kind}-{number}",
        "recorded_at": recorded,
        "received_at": recorded + timedelta(minutes=draw(_RECEIVED_AFTER_MIN)),
        "version": draw(_VERSION),
        "status": draw(_STATUS),
        "mode": Mode.BACKFILL if backfill else Mode.LIVE,
        "source": draw(_SOURCE),
    }
    drug = draw(_DRUG)
    amount = draw(_AMOUNT)
    match kind:
        case "dose":
            stated["lasting"] = draw(_LASTING)
            stated["outcome"] = draw(_OUTCOME)
            stated["route"] = draw(_ROUTE)
            return dose(drug, amount, when, **stated)
        case "order":
            stated["replaces"] = draw(_REPLACED)
            after = draw(_ENDS_AFTER)
            stated["ends_at"] = None if after is None else when + after
            return order(drug, amount, when, times=draw(_TIMES), as_needed=draw(_EITHER), **stated)
        case "observation":
            return observation(draw(_OBSERVED), draw(_VALUE), when, **stated)
        case "condition":
            return condition(draw(_CONDITION), when, **stated)
        case "person":
            return person(draw(_AGE), when, **stated)
        case "allergy":
            to = draw(_OTHER_ALLERGEN) or drug
            return allergy(to, when, intolerance=draw(_EITHER), **stated)
        case "stay":
            return encounter(when, ward=f"W{number}", **stated)
        case _:
            return unreadable("x", when, about=draw(_ABOUT), **stated)


def numbered(facts: list[PatientFact]) -> list[PatientFact]:
    """The facts with event ids of their own, in order of receipt."""
    ordered = sorted(facts, key=lambda fact: fact.received_at)
    return [fact.model_copy(update={"event_id": f"e{place}"}) for place, fact in enumerate(ordered)]


def stories(*, mode: Mode | None = None, most: int = 22) -> st.SearchStrategy[list[PatientFact]]:
    """Histories in order of receipt."""
    return st.lists(statements(mode=mode), min_size=1, max_size=most).map(numbered)
