"""The ledger is a function of the statements, not of their arrival."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.clinical import FactStatus, PatientFact, Route
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.pruning import reach
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import (
    allergy,
    at,
    condition,
    corrected,
    dose,
    encounter,
    in_words,
    merge,
    observation,
    order,
    person,
    tablets,
    unreadable,
)

PRODUCTS: tuple[Any, ...] = (
    "baclofen",
    "morphine",
    in_words("baclofen syrup"),
    in_words("holy water"),
    tablets(hydrocodone="5 mg", acetaminophen="325 mg"),
    tablets(baclofen="10 mg"),
)

hours = st.integers(0, 24 * 40).map(float)


@st.composite
def statements(draw: st.DrawFn) -> PatientFact:
    """Any statement about one of a few entities, so that corrections, voids and replacements meet."""
    kind = draw(
        st.sampled_from(("dose", "order", "observation", "condition", "allergy", "person", "stay", "other"))
    )
    number = draw(st.integers(0, 3))
    when = at(draw(hours))
    recorded = when + timedelta(hours=draw(st.sampled_from((0, 1, 5, 30, 200))))
    stated: dict[str, Any] = {
        "entity": f"{kind}-{number}",
        "recorded_at": recorded,
        "received_at": recorded + timedelta(hours=draw(st.sampled_from((0, 1)))),
        "version": draw(st.integers(0, 2)),
        "status": draw(st.sampled_from((FactStatus.STATED, FactStatus.STATED, FactStatus.ENTERED_IN_ERROR))),
    }
    product = draw(st.sampled_from(PRODUCTS))
    match kind:
        case "dose":
            lasting = draw(st.sampled_from((None, None, timedelta(hours=3))))
            route = draw(st.sampled_from((Route.ORAL, Route.UNKNOWN)))
            return dose(product, "1 {tablet}", when, lasting=lasting, route=route, **stated)
        case "order":
            others = st.sampled_from((None, "order-0", "order-1", "order-2", "order-3"))
            return order(product, "10 mg", when, replaces=draw(others), **stated)
        case "observation":
            return observation(draw(st.sampled_from(("5643-2", "75626-2"))), "3 1", when, **stated)
        case "condition":
            return condition("icd10|F10.2", when, **stated)
        case "allergy":
            return allergy(product, when, **stated)
        case "person":
            return person(draw(st.sampled_from((50, 70, None))), when, **stated)
        case "stay":
            return encounter(when, **stated)
        case _:
            about = draw(st.sampled_from((None, "dose-0", "order-1")))
            return draw(
                st.sampled_from((merge("b", when, **stated), unreadable("x", when, about=about, **stated)))
            )


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[PatientFact], list[PatientFact]]:
    """The same statements twice, the second time in another order and some of them repeated."""
    facts = draw(st.lists(statements(), max_size=24))
    again = draw(st.lists(st.sampled_from(facts), max_size=6)) if facts else []
    return facts, draw(st.permutations(facts + again))


@given(arrivals())
@settings(deadline=None)
def test_any_order_and_repetition_of_statements_gives_the_same_ledger(
    stories: tuple[Sequence[PatientFact], Sequence[PatientFact]],
) -> None:
    told, retold = stories
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
@settings(deadline=None)
def test_what_checks_can_see_does_not_depend_on_when_something_was_forgotten(
    stories: tuple[Sequence[PatientFact], Sequence[PatientFact]],
) -> None:
    told, retold = stories
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
