"""The ledger is a function of the statements, not of their arrival."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.clinical import PatientFact
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.pruning import reach
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, corrected, dose, person
from tests.stories import stories


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[PatientFact], list[PatientFact]]:
    """The same statements twice, the second time in another order and some of them repeated."""
    facts = draw(stories())
    again = draw(st.lists(st.sampled_from(facts), max_size=6)) if facts else []
    return facts, draw(st.permutations(facts + again))


@given(arrivals())
def test_any_order_and_repetition_of_statements_gives_the_same_ledger(
    both: tuple[Sequence[PatientFact], Sequence[PatientFact]],
) -> None:
    told, retold = both
    assert folded(told, KNOWLEDGE) == folded(retold, KNOWLEDGE)


def within_reach(ledger: PatientLedger, now: datetime) -> dict[str, Any]:
    """What checks can see of a ledger at an instant."""
    return {
        "given": {
            name: doses
            for name, timeline in ledger.given.items()
            if (doses := [d for d in timeline.entries if d.end > now - reach(KNOWLEDGE, name)])
        },
        "latest": {code: timeline.latest(now) for code, timeline in ledger.observed.items()},
        "prescribed": ledger.prescribed,
        "rest": (ledger.conditions, ledger.allergies, ledger.encounters, ledger.person, ledger.merges),
    }


@given(arrivals())
def test_what_checks_can_see_does_not_depend_on_when_something_was_forgotten(
    both: tuple[Sequence[PatientFact], Sequence[PatientFact]],
) -> None:
    told, retold = both
    end = max((fact.received_at for fact in told), default=at(0))
    forgetting = [folded(facts, KNOWLEDGE, prune=True) for facts in (told, retold)]
    views = [within_reach(ledger, end) for ledger in (*forgetting, folded(told, KNOWLEDGE))]
    assert views[0] == views[1] == views[2]


def test_the_same_content_sent_again_keeps_the_first_receipt() -> None:
    first = dose(when=at(0))
    again = corrected(first, at(0), received_at=at(9))
    for told in ((first, again), (again, first)):
        assert folded(told, KNOWLEDGE).facts[first.entity].received_at == at(0)


def test_an_older_statement_changes_nothing_and_says_so() -> None:
    first = dose(when=at(0))
    ledger = folded((first, corrected(first, at(2), dose=None)), KNOWLEDGE)
    after, change = fold(ledger, first, KNOWLEDGE)
    assert change is None
    assert after == ledger


def test_two_sources_that_state_the_person_agree_on_the_newest_in_any_order() -> None:
    old = person(70, at(0), entity="registry")
    new = person(50, at(1), entity="ward")
    assert folded((old, new), KNOWLEDGE).person == folded((new, old), KNOWLEDGE).person == new
