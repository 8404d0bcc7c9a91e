"""Arrival does not matter to what holds, nor ticks to what is told, as long as one comes before each fact."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import Mode
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue
from schemas.stream_events import ClockTick, SourceSeen
from services.safety.replaying import Replay, history_line, line
from tests.brief_rules import RULED
from tests.builders import at, observation, tick
from tests.checks.test_withdrawal import ADMISSION, USED
from tests.engine.histories import SOURCES, stories
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


def ticked(story: list[PatientFact], ticks: list[int]) -> list[PatientFact | ClockTick]:
    """The story with none to some ticks after each event, each doubled by one of the event's own time."""
    found: list[PatientFact | ClockTick] = []
    for place, event in enumerate(story):
        found.append(event)
        later = story[place + 1].received_at if place + 1 < len(story) else END
        between = (later - event.received_at) / 2
        for number in range(ticks[place % len(ticks)]):
            found.append(tick(event.received_at + between * number))
            found.append(tick(event.received_at))
    return found


def with_a_last_tick(story: list[PatientFact | ClockTick]) -> list[PatientFact | ClockTick]:
    """The story with a tick just before each fact, which is as late as a tick can be that is not missing."""
    late = (
        (tick(event.received_at), event) if isinstance(event, PatientFact) else (event,) for event in story
    )
    return [event for pair in late for event in pair]


TICKS = st.lists(st.integers(0, 2), min_size=1)


def same(story: list[PatientFact | ClockTick], other: list[PatientFact | ClockTick]) -> bool:
    """Whether both tell the same up to the end."""
    _, one = told(ENGINE, [*story, tick(END)])
    _, another = told(ENGINE, [*other, tick(END)])
    return [issue.model_dump() for issue in one] == [issue.model_dump() for issue in another]


@given(stories(mode=Mode.LIVE), TICKS)
def test_ticks_that_are_late_or_double_tell_the_same(story: list[PatientFact], ticks: list[int]) -> None:
    assert same(with_a_last_tick(ticked(story, ticks)), with_a_last_tick([*story]))


@given(stories(mode=Mode.LIVE), TICKS)
def test_where_every_source_is_known_to_live_ticks_may_be_missing_too(
    story: list[PatientFact], ticks: list[int]
) -> None:
    alive = tick(story[0].received_at, sources=tuple(SourceSeen(source=name, at=END) for name in SOURCES))
    assert same([alive, *ticked(story, ticks)], [alive, *story])


def test_with_no_tick_before_it_a_later_fact_proves_in_hindsight_that_doses_were_missed() -> None:
    """Where a tick came while the source was silent, that was told first, the missed doses with the fact."""
    seen = observation("2160-0", "1 mg/dL", at(20))
    story = [*sorted([ADMISSION, *USED], key=lambda fact: fact.received_at)]
    _, hindsight = told(ENGINE, [*story, seen])
    _, on_time = told(ENGINE, [*story, tick(at(18)), seen])
    about = [
        [
            (issue.check, issue.transition.value, issue.at)
            for issue in issues
            if "withdrawal" in (issue.check, issue.evidence.get("check"))
        ]
        for issues in (hindsight, on_time)
    ]
    assert about == [
        [("withdrawal", "raised", at(17))],
        [
            ("not-assessed", "raised", at(17)),
            ("not-assessed", "resolved", at(20)),
            ("withdrawal", "raised", at(20)),
        ],
    ]


@given(stories())
@settings(max_examples=50)
def test_events_that_come_again_tell_nothing(story: list[PatientFact]) -> None:
    live = [event.model_copy(update={"mode": Mode.LIVE}) for event in story]
    state, _ = told(ENGINE, live)
    _, again = told(ENGINE, live, state)
    assert again == []
