"""Doses that were missed after too short a use keep nobody from telling of those that are missed later."""

from datetime import datetime, timedelta

from schemas.clinical import PatientFact
from schemas.issues import NotAssessedReason
from schemas.stream_events import ClockTick
from services.safety.checks import CHECKS
from tests.builders import at, dose, encounter, observation, order, tick
from tests.engine.ward import engine, told

ENGINE = engine(CHECKS)
DAY = timedelta(days=1)
ORDER = order("baclofen", "10 mg", at(0), every=DAY)
STAY = encounter(at(0))


def given(when: datetime) -> PatientFact:
    return dose("baclofen", "10 mg", when, order=ORDER.entity)


def missed_early() -> list[PatientFact]:
    """Two missed after three days of use: that chain is complete at nine, and five minutes later somebody
    gives the dose. Then five more days.
    """
    story = [STAY, ORDER, *(given(at(days=day)) for day in (0, 1, 2)), given(at(days=4, hours=1, minutes=5))]
    return [*story, *(given(at(days=day)) for day in range(5, 10))]


def first_told(story: list[PatientFact]) -> list[datetime]:
    return [issue.at for issue in told(ENGINE, story)[1] if issue.check == "withdrawal"]


def test_two_missed_after_three_days_of_use_and_two_more_after_ten() -> None:
    story = [*missed_early(), observation("2160-0", "1 mg/dL", at(days=11, hours=4))]
    assert first_told(story) == [at(days=11, hours=1)]


def test_nor_do_doses_by_two_orders() -> None:
    """The evening order is missed for as long as nobody can miss the drug, while the other one goes on."""
    evening = order("baclofen", "10 mg", at(10), every=DAY, entity="evening")
    story = [STAY, ORDER, evening, *(given(at(days=day)) for day in range(8))]
    story.append(observation("2160-0", "1 mg/dL", at(days=8, hours=4)))
    assert first_told(story) == [at(days=8, hours=1)]


def unheard(story: list[PatientFact | ClockTick]) -> list[tuple[str, datetime]]:
    """When it was told, and taken back, that a source may have fallen silent."""
    issues = told(ENGINE, story)[1]
    return [(i.transition.value, i.at) for i in issues if i.reason is NotAssessedReason.FEED_SILENT]


def test_nor_from_telling_that_the_source_of_later_ones_fell_silent() -> None:
    story = [*missed_early(), tick(at(days=11, hours=4))]
    assert unheard(story) == [("raised", at(days=11, hours=1))]


def leave(event: str, charted: datetime) -> PatientFact:
    """What the front desk says of a leave since the evening of the ninth day."""
    return observation(
        "dosewarden|leave-of-absence", None, at(days=9, hours=2), text=event, visit=STAY.entity,
        entity=event, recorded_at=charted, source="front desk",
    )  # fmt: skip


def test_a_leave_charted_later_takes_the_silence_back_and_one_that_was_none_brings_it_back() -> None:
    first, second = at(days=11, hours=5), at(days=11, hours=6)
    story = [STAY, ORDER, *(given(at(days=day)) for day in range(10)), tick(at(days=11, hours=4))]
    told_of = unheard([*story, leave("begun", first), leave("not begun", second)])
    assert told_of == [("raised", at(days=11, hours=1)), ("resolved", first), ("raised", second)]
