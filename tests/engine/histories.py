"""Histories of one patient at random, dense enough that orders, doses, corrections and voids meet."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.base import Mode
from schemas.clinical import FactStatus, Outcome, PatientFact, Route
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
AMOUNTS = ("10 mg", "20 mg", "30 mg", "90 mg", "2 {tablet}", "1 [drp]")
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


@st.composite
def statements(draw: st.DrawFn, *, mode: Mode | None = None) -> PatientFact:
    """Any statement about one of a few entities."""
    kind = draw(st.sampled_from(KINDS))
    when = at(float(draw(st.integers(0, 70))))
    recorded = when + timedelta(hours=draw(st.sampled_from((0, 0, 0, 1, 7, 30))))
    backfill = draw(st.booleans()) if mode is None else mode is Mode.BACKFILL
    number = draw(st.integers(0, 5))
    stated: dict[str, Any] = {
        "entity": f"{kind}-{number}",
        "recorded_at": recorded,
        "received_at": recorded + timedelta(minutes=draw(st.sampled_from((0, 0, 20)))),
        "version": draw(st.integers(0, 2)),
        "status": draw(st.sampled_from((FactStatus.STATED, FactStatus.STATED, FactStatus.ENTERED_IN_ERROR))),
        "mode": Mode.BACKFILL if backfill else Mode.LIVE,
        "source": draw(st.sampled_from(("ward", "lab"))),
    }
    drug = draw(st.sampled_from(DRUGS))
    amount = draw(st.sampled_from(AMOUNTS))
    match kind:
        case "dose":
            stated["lasting"] = draw(st.sampled_from((None, None, timedelta(hours=5))))
            stated["outcome"] = draw(st.sampled_from((Outcome.GIVEN, Outcome.GIVEN, Outcome.NOT_DONE)))
            stated["route"] = draw(st.sampled_from((Route.ORAL, Route.ORAL, Route.UNKNOWN)))
            return dose(drug, amount, when, **stated)
        case "order":
            stated["replaces"] = draw(st.sampled_from((None, None, "order-0", "order-1")))
            stated["ends_at"] = draw(st.sampled_from((None, when + timedelta(hours=20))))
            times = draw(st.sampled_from((3, 6)))
            return order(drug, amount, when, times=times, as_needed=draw(st.booleans()), **stated)
        case "observation":
            code = draw(st.sampled_from(("5643-2", "75626-2", "33914-3", "29463-7", "2160-0")))
            value = draw(
                st.sampled_from(("120 mg/dL", "5 1", "20 mL/min", "45 kg", "20 mL/min/{1.73_m2}", "3 mg/dL"))
            )
            return observation(code, value, when, **stated)
        case "condition":
            return condition(
                draw(
                    st.sampled_from(
                        ("icd10|F10.2", "icd10|J44.1", "icd10|G40.9", "icd10|Z34.0", "icd10|Z37.0")
                    )
                ),
                when,
                **stated,
            )
        case "person":
            return person(draw(st.sampled_from((50, 70, None))), when, **stated)
        case "allergy":
            to = draw(st.sampled_from((drug, "morphine", in_words("opioids"))))
            return allergy(to, when, intolerance=draw(st.booleans()), **stated)
        case "stay":
            return encounter(when, ward=f"W{number}", **stated)
        case _:
            about = draw(st.sampled_from((None, "dose-0", "order-1")))
            return unreadable("x", when, about=about, **stated)


def numbered(facts: list[PatientFact]) -> list[PatientFact]:
    """The facts with event ids of their own, in order of receipt."""
    ordered = sorted(facts, key=lambda fact: fact.received_at)
    return [fact.model_copy(update={"event_id": f"e{place}"}) for place, fact in enumerate(ordered)]


def stories(*, mode: Mode | None = None, most: int = 22) -> st.SearchStrategy[list[PatientFact]]:
    """Histories in order of receipt."""
    return st.lists(statements(mode=mode), min_size=1, max_size=most).map(numbered)
