"""The roster that is kept up dose by dose is the one that would be made anew."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.clinical import PatientFact
from services.safety.checks.judgement import View
from services.safety.checks.use.roster import present, roster
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, dose, order
from tests.stories import stories

DAY = timedelta(hours=24)


@given(story=stories(days=20), waits=st.lists(st.integers(0, 40), min_size=1, max_size=3))
def test_a_roster_kept_up_from_fact_to_fact_is_the_one_made_anew(
    story: list[PatientFact], waits: list[int]
) -> None:
    ledger = PatientLedger()
    for place, fact in enumerate(story):
        ledger, _ = fold(ledger, fact, KNOWLEDGE, prune=False)
        anew = folded(story[: place + 1], KNOWLEDGE)
        for wait in sorted(waits):
            now = fact.received_at + timedelta(hours=wait)
            kept, fresh = (View(each, KNOWLEDGE, now, {}) for each in (ledger, anew))
            active, review_at = roster(kept, DAY, present(kept))
            expected, expected_review = roster(fresh, DAY, present(fresh))
            assert list(active.items()) == list(expected.items())
            assert review_at == expected_review


def test_a_roster_is_reviewed_when_a_drug_that_matters_changes_and_not_for_others() -> None:
    given_early, given_late = dose("baclofen", "10 mg", at(0)), dose("morphine", "5 mg", at(6))
    view = View(folded([given_early, given_late], KNOWLEDGE), KNOWLEDGE, at(7), {})
    assert roster(view, DAY, ["morphine"])[1] == at(30)
    assert roster(view, DAY, ["morphine", "baclofen"])[1] == at(24)
    assert roster(view, DAY, ["diazepam"])[1] is None


def test_a_drug_leaves_the_roster_when_its_last_dose_is_a_day_old() -> None:
    ledger = folded([dose("baclofen", "10 mg", at(0)), order("morphine", "5 mg", at(1))], KNOWLEDGE)
    drugs = [
        sorted(roster(View(ledger, KNOWLEDGE, now, {}), DAY, ())[0]) for now in (at(24, seconds=-1), at(24))
    ]
    assert drugs == [["baclofen", "morphine"], ["morphine"]]
