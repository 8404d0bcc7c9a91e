"""Arrival does not matter to what holds, ticks do not matter to what is told."""

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import Mode
from schemas.clinical import ClockTick, PatientFact
from schemas.issues import DetectedIssue
from services.safety.replaying import Replay, history_line, line
from tests.brief_rules import RULED
from tests.builders import at, tick
from tests.engine.histories import stories
from tests.engine.ward import engine, told

ENGINE = engine(knowledge=RULED)
END = at(140)


@given(stories(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same_history_and_the_same_open_issues(
    story: list[PatientFact], chance: random.Random
) -> None:
    replay = Replay(ENGINE)
    shuffled = [*story, *chance.sample(story, len(story) // 2)]
    chance.shuffle(shuffled)
    for until in (None, END):
        assert [history_line(held) for held in replay.history(story, until)] == [
            history_line(held) for held in replay.history(shuffled, until)
        ]
        assert [line(issue) for issue in replay.open_at_end(story, until)] == [
            line(issue) for issue in replay.open_at_end(shuffled, until)
        ]


def standing(issues: tuple[DetectedIssue, ...]) -> list[tuple[object, ...]]:
    """What stands, however it came to be told."""
    return sorted((i.issue_id, i.severity.rank, i.shadow, i.retrospective) for i in issues)


@given(stories(), st.randoms(use_true_random=False))
def test_stepping_in_any_order_ends_with_what_the_replay_says_is_open(
    story: list[PatientFact], chance: random.Random
) -> None:
    shuffled = [*story, *chance.sample(story, len(story) // 2)]
    chance.shuffle(shuffled)
    open_at_end = tuple(Replay(ENGINE).open_at_end(story))
    for arrival in (story, shuffled):
        state, _ = told(ENGINE, arrival)
        assert standing(state.open_issues()) == standing(open_at_end)


@given(stories(mode=Mode.LIVE), st.lists(st.integers(0, 2), min_size=1))
def test_ticks_that_are_late_double_or_missing_tell_the_same(
    story: list[PatientFact], ticks: list[int]
) -> None:
    ticked: list[PatientFact | ClockTick] = []
    for place, event in enumerate(story):
        ticked.append(event)
        later = story[place + 1].received_at if place + 1 < len(story) else END
        between = (later - event.received_at) / 2
        for number in range(ticks[place % len(ticks)]):
            ticked.append(tick(event.received_at + between * number + timedelta(seconds=0)))
            ticked.append(tick(event.received_at))
    _, plain = told(ENGINE, [*story, tick(END)])
    _, with_ticks = told(ENGINE, [*ticked, tick(END)])
    assert [issue.model_dump() for issue in with_ticks] == [issue.model_dump() for issue in plain]


@given(stories())
@settings(max_examples=50)
def test_events_that_come_again_tell_nothing(story: list[PatientFact]) -> None:
    live = [event.model_copy(update={"mode": Mode.LIVE}) for event in story]
    state, _ = told(ENGINE, live)
    _, again = told(ENGINE, live, state)
    assert again == []
