"""The engine's promises hold with the shipped knowledge, too, over stories from all of it."""

import random

import pytest

from schemas.base import Mode
from schemas.clinical import PatientFact
from schemas.stream_events import ClockTick, SourceSeen
from services.safety.engine.assessment import summed_up
from services.safety.knowledge.loader import load
from services.safety.replaying import Replay, history_line
from tests.builders import at, tick
from tests.engine.shipped_stories import Stories
from tests.engine.test_incremental import shape
from tests.engine.test_order_and_time import standing
from tests.engine.ward import engine, told

SHIPPED = load()
STORIES = Stories(SHIPPED)
ENGINE = engine(knowledge=SHIPPED)
REMEMBERING = engine(knowledge=SHIPPED, prune=False)
"""Facts that come weeks late meet here what is otherwise forgotten by then."""
END = at(days=80)


@pytest.mark.parametrize("seed", range(40))
def test_asking_the_checks_that_a_change_concerns_answers_as_asking_all(seed: int) -> None:
    state = None
    for event in STORIES.story(seed):
        state = ENGINE.step(state, event).state
        assert state.judgements is not None
        scratch = ENGINE.assess(state.ledger, state.now, state.alive)
        assert shape(summed_up(state.judgements)) == shape(scratch)


@pytest.mark.parametrize("seed", range(40, 60))
def test_any_order_of_arrival_and_repetition_ends_alike(seed: int) -> None:
    story, chance = STORIES.story(seed), random.Random(seed)
    shuffled = [*story, *chance.sample(story, len(story) // 2)]
    chance.shuffle(shuffled)
    replay = Replay(REMEMBERING)
    open_at_end = standing(tuple(replay.open_at_end(story)))
    for arrival in (story, shuffled):
        assert standing(told(REMEMBERING, arrival)[0].open_issues()) == open_at_end
    histories = [[history_line(held) for held in replay.history(each, END)] for each in (story, shuffled)]
    assert histories[0] == histories[1]


@pytest.mark.parametrize("seed", range(60, 80))
def test_ticks_between_change_nothing_that_is_told(seed: int) -> None:
    story = [fact.model_copy(update={"mode": Mode.LIVE}) for fact in STORIES.story(seed)]
    chance = random.Random(seed)
    ticked: list[PatientFact | ClockTick] = []
    for place, event in enumerate(story):
        later = story[place + 1].received_at if place + 1 < len(story) else END
        between = (later - event.received_at) / 2
        ticked += [event, *(tick(event.received_at + between * n) for n in range(chance.randint(0, 2)))]
    sources = {fact.source for fact in story}
    alive = tick(story[0].received_at, sources=tuple(SourceSeen(source=name, at=END) for name in sources))
    plain, with_ticks = (told(ENGINE, [alive, *each, tick(END)])[1] for each in (story, ticked))
    assert [issue.model_dump() for issue in with_ticks] == [issue.model_dump() for issue in plain]
