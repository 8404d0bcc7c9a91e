"""How far the record goes back is shown by any order, and all that rests on it is judged anew with it."""

from schemas.clinical import PatientFact
from services.safety.knowledge.loader import load
from tests.builders import at, dose, order, stopped, voided
from tests.engine.ward import engine, told

ENGINE = engine(knowledge=load())
TOO_MUCH: PatientFact = dose("morphine", "100 mg", at(0))
AT_HOME = order("ibuprofen", "200 mg", at(days=-60), recorded_at=at(2), community=True)
"""What the patient takes at home is often charted after the first doses of a stay."""


def open_after(*facts: PatientFact) -> set[str]:
    """The checks and the reasons of what is open about morphine for who is not used to it."""
    state, _ = told(ENGINE, facts)
    return {
        issue.check
        for issue in state.open_issues()
        if issue.check == "naive-dose" or issue.text.startswith("morphine: 100 mg was given; whether")
    }


def test_an_order_of_another_drug_shows_that_the_patient_was_not_used_to_it() -> None:
    assert open_after(TOO_MUCH) == {"not-assessed"}
    assert open_after(TOO_MUCH, AT_HOME) == {"naive-dose"}


def test_once_that_order_is_taken_back_nobody_knows_again() -> None:
    assert open_after(TOO_MUCH, AT_HOME, voided(AT_HOME, at(3))) == {"not-assessed"}


def test_an_order_that_ended_long_since_shows_it_as_well() -> None:
    assert open_after(TOO_MUCH, stopped(AT_HOME, at(2))) == {"naive-dose"}
