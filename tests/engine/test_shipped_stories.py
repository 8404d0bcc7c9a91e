"""With the shipped knowledge, too, asking the checks that a change concerns answers as asking all of them."""

import pytest

from services.safety.engine.assessment import summed_up
from services.safety.knowledge.loader import load
from tests.engine.shipped_stories import Stories
from tests.engine.test_incremental import shape
from tests.engine.ward import engine

SHIPPED = load()
STORIES = Stories(SHIPPED)
ENGINE = engine(knowledge=SHIPPED)


@pytest.mark.parametrize("seed", range(40))
def test_judging_by_change_equals_judging_from_scratch(seed: int) -> None:
    state = None
    for event in STORIES.story(seed):
        state = ENGINE.step(state, event).state
        assert state.judgements is not None
        scratch = ENGINE.assess(state.ledger, state.now, state.alive)
        assert shape(summed_up(state.judgements)) == shape(scratch)
