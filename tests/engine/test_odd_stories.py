"""What is valid and yet odd is judged: no check fails by it, and judging by change stays judging anew."""

import pytest

from schemas.issues import NotAssessedReason
from services.safety.engine.assessment import summed_up
from services.safety.knowledge.loader import load
from services.safety.recomputing import recomputed
from tests.engine.odd_stories import OddStories
from tests.engine.test_incremental import shape
from tests.engine.ward import engine

SHIPPED = load()
STORIES = OddStories(SHIPPED)
ENGINE = engine(knowledge=SHIPPED)


@pytest.mark.parametrize("seed", range(40))
def test_odd_facts_make_no_check_fail_and_every_number_is_made_again_from_its_rows(seed: int) -> None:
    state, wrong = None, []
    for event in STORIES.story(seed):
        stepped = ENGINE.step(state, event)
        state = stepped.state
        for issue in stepped.issues:
            assert issue.reason is not NotAssessedReason.CHECK_FAILED, issue.text
            again = recomputed(issue.check, issue.evidence)
            if again is not None and not again.agrees:
                wrong.append(issue.text)
    assert wrong == []
    assert state is not None and state.judgements is not None
    scratch = ENGINE.assess(state.ledger, state.now, state.alive)
    assert shape(summed_up(state.judgements)) == shape(scratch)
