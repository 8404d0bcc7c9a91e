"""Weights that come, go and are corrected around doses per kilogram: what is judged stays right."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Mode
from schemas.clinical import FactStatus, PatientFact
from services.safety.checks import CHECKS
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.judgement import Check
from services.safety.engine.assessment import summed_up
from services.safety.ledger.folding import folded
from services.safety.recomputing import recomputed
from tests.brief_rules import RULED
from tests.builders import at, dosage, dose, observation, order, person
from tests.checks.test_judgements_hold import ALIVE, essence, fact_by_fact, stays_right, subjects
from tests.engine.test_incremental import shape
from tests.engine.ward import engine

AMOUNT_CHECKS = {
    "as-needed-maximum",
    "cumulative-dose",
    "first-dose",
    "lifetime-dose",
    "not-assessed-drug",
    "opioid-load",
    "prescribed-dose",
    "projected-dose",
    "single-dose",
    "titration",
}
JUDGING = [check for check in CHECKS if check.id in AMOUNT_CHECKS]
DRUGS = ("baclofen", "baclofen", "morphine", "diazepam")
STATED = ("0.3 mg/kg", "0.6 mg/kg", "0.6 mg/kg", "12 mg/m2", "20 mg")
READINGS = (
    ("29463-7", ("38 kg", "40 kg", "44 kg", "44 kg", "400 kg", "3 furlong")),
    ("8302-2", ("150 cm", "170 cm")),
    ("3140-1", ("1.2 m2",)),
)
ENGINE = engine(knowledge=RULED)


@st.composite
def statements(draw: st.DrawFn, days: int) -> PatientFact:
    kind = draw(st.sampled_from(("dose", "dose", "dose", "order", "weight", "weight", "person")))
    when = at(draw(st.sampled_from((0, 24, 24 * days // 2, 24 * days))) + draw(st.integers(0, 40)))
    recorded = when + timedelta(hours=draw(st.sampled_from((0, 0, 0, 3, 30, 160))))
    stated: dict[str, Any] = {
        "entity": f"{kind}-{draw(st.integers(0, 3))}",
        "recorded_at": recorded,
        "received_at": recorded,
        "status": draw(st.sampled_from((*4 * (FactStatus.STATED,), FactStatus.ENTERED_IN_ERROR))),
    }
    drug, amount = draw(st.sampled_from(DRUGS)), draw(st.sampled_from(STATED))
    match kind:
        case "dose":
            stated["order"] = draw(st.sampled_from((None, None, "order-0")))
            lasting = draw(st.sampled_from((None, None, timedelta(hours=7))))
            return dose(drug, amount, when, lasting=lasting, **stated)
        case "order":
            ends = draw(st.sampled_from((None, None, when + timedelta(hours=30))))
            stated["replaces"] = draw(st.sampled_from((None, "order-0", "order-1")))
            as_needed = draw(st.sampled_from((False, False, True)))
            step = dosage(amount, times=draw(st.integers(1, 4)), as_needed=as_needed)
            return order(drug, None, when, dosages=(step,), ends_at=ends, **stated)
        case "weight":
            code, values = draw(st.sampled_from(READINGS))
            return observation(code, draw(st.sampled_from(values)), when, **stated)
        case _:
            return person(draw(st.sampled_from((6, 17.95, 50))), at(0), **stated)


@st.composite
def stories(draw: st.DrawFn) -> list[PatientFact]:
    days = draw(st.sampled_from((2, 7, 30, 31, 90, 700)))
    facts = draw(st.lists(statements(days), min_size=3, max_size=16))
    ordered = sorted(facts, key=lambda fact: fact.received_at)
    return [fact.model_copy(update={"event_id": f"e{place}"}) for place, fact in enumerate(ordered)]


@pytest.mark.parametrize("check", JUDGING, ids=lambda check: check.id)
@given(story=stories(), now=st.integers(0, 24 * 100), later=st.integers(1, 100))
def test_a_judgement_stays_right_until_its_review(
    check: Check, story: list[PatientFact], now: int, later: int
) -> None:
    stays_right(check, story, now, later)


@given(story=stories(), wait=st.sampled_from((0, 1, 24 * 7, 24 * 30)))
def test_a_change_names_what_it_may_change_and_every_number_is_made_again(
    story: list[PatientFact], wait: int
) -> None:
    for place, (fact, before, ledger, change) in enumerate(fact_by_fact(story)):
        now = fact.received_at + timedelta(hours=wait)
        anew = folded(story[: place + 1], RULED)
        for check in JUDGING:
            touched = check.reads(RULED) & change.inputs if change is not None else frozenset()
            for subject in {*subjects(check, before), *subjects(check, ledger)}:
                told, kept = (
                    judged(check, view_of(each, RULED, now, ALIVE), subject) for each in (anew, ledger)
                )
                assert essence(told.findings) == essence(kept.findings)
                assert told.review_at == kept.review_at
                for finding in told.findings:
                    made = recomputed(finding.check, finding.evidence)
                    assert made is None or made.agrees
                local = check.per_ingredient and touched <= {"given", "orders"}
                if change is not None and touched and (not local or subject in change.ingredients):
                    continue
                earlier = judged(check, view_of(before, RULED, now, ALIVE), subject)
                assert essence(earlier.findings) == essence(told.findings)
                assert earlier.review_at == told.review_at


@given(story=stories())
def test_what_is_forgotten_changes_no_judgement(story: list[PatientFact]) -> None:
    whole, pruned = folded(story, RULED), folded(story, RULED, prune=True)
    now = max(fact.received_at for fact in story)
    for check in JUDGING:
        for subject in subjects(check, pruned):
            told, kept = (
                judged(check, view_of(each, RULED, now, ALIVE), subject) for each in (whole, pruned)
            )
            assert essence(told.findings) == essence(kept.findings)


@given(story=stories())
def test_judging_by_change_equals_judging_from_scratch(story: list[PatientFact]) -> None:
    state = None
    for event in story:
        state = ENGINE.step(state, event.model_copy(update={"mode": Mode.LIVE})).state
        assert state.judgements is not None
        scratch = ENGINE.assess(state.ledger, state.now, state.alive)
        assert shape(summed_up(state.judgements)) == shape(scratch)


@given(story=stories(), data=st.data())
def test_any_order_of_arrival_is_judged_the_same(story: list[PatientFact], data: st.DataObject) -> None:
    again = data.draw(st.permutations(story))
    now = max(fact.received_at for fact in story)
    one, other = folded(story, RULED), folded(again, RULED)
    assert one == other
    for check in JUDGING:
        for subject in subjects(check, one):
            told, retold = (judged(check, view_of(each, RULED, now, ALIVE), subject) for each in (one, other))
            assert essence(told.findings) == essence(retold.findings)
