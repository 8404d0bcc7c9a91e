"""Doses that were missed after too short a use keep nobody from telling of those that are missed later."""

from datetime import datetime, timedelta

from schemas.clinical import PatientFact
from services.safety.checks import CHECKS
from tests.builders import at, dose, encounter, observation, order
from tests.engine.ward import engine, told

ENGINE = engine(CHECKS)
DAY = timedelta(days=1)
ORDER = order("baclofen", "10 mg", at(0), every=DAY)
STAY = encounter(at(0))


def given(when: datetime) -> PatientFact:
    return dose("baclofen", "10 mg", when, order=ORDER.entity)


def first_told(story: list[PatientFact]) -> list[datetime]:
    return [issue.at for issue in told(ENGINE, story)[1] if issue.check == "withdrawal"]


def test_two_missed_after_three_days_of_use_and_two_more_after_ten() -> None:
    """The chain of the fourth day is complete at nine; five minutes later somebody gives the dose."""
    story = [STAY, ORDER, *(given(at(days=day)) for day in (0, 1, 2)), given(at(days=4, hours=1, minutes=5))]
    story += [given(at(days=day)) for day in range(5, 10)]
    story.append(observation("2160-0", "1 mg/dL", at(days=11, hours=4)))
    assert first_told(story) == [at(days=11, hours=1)]


def test_nor_do_doses_by_two_orders() -> None:
    """The evening order is missed for as long as nobody can miss the drug, while the other one goes on."""
    evening = order("baclofen", "10 mg", at(10), every=DAY, entity="evening")
    story = [STAY, ORDER, evening, *(given(at(days=day)) for day in range(8))]
    story.append(observation("2160-0", "1 mg/dL", at(days=8, hours=4)))
    assert first_told(story) == [at(days=8, hours=1)]
