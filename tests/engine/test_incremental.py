"""Asking only the checks that a change concerns answers the same as asking all of them."""

from typing import Any

from hypothesis import given, settings

from schemas.base import Mode
from schemas.clinical import PatientFact
from services.safety.engine.assessment import Assessment, summed_up
from tests.brief_rules import RULED
from tests.engine.histories import stories
from tests.engine.ward import engine

ENGINE = engine(knowledge=RULED)


def shape(assessment: Assessment) -> list[tuple[Any, ...]]:
    """What the engine promises to be equal."""
    return [
        (f.check, f.subject, f.severity, f.shadow, f.retrospective, sorted(f.subjects), f.reason, f.level)
        for f in assessment.findings
    ]


@given(stories())
@settings(max_examples=200)
def test_judging_by_change_equals_judging_from_scratch(story: list[PatientFact]) -> None:
    state = None
    for event in story:
        state = ENGINE.step(state, event).state
        assert state.judgements is not None
        scratch = ENGINE.assess(state.ledger, state.now, state.alive)
        assert shape(summed_up(state.judgements)) == shape(scratch)


@given(stories(mode=Mode.LIVE))
def test_what_is_told_as_open_is_what_holds(story: list[PatientFact]) -> None:
    state = None
    for event in story:
        state = ENGINE.step(state, event).state
        told = sorted(
            (issue.check, issue.issue_id, issue.severity, issue.shadow, issue.retrospective)
            for issue in state.open_issues()
        )
        holding = ENGINE.assess(state.ledger, state.now, state.alive).findings
        assert told == sorted(
            (
                f.check,
                ENGINE.teller.site.issue_id(state.patient, f.check, f.subject),
                f.severity,
                f.shadow,
                f.retrospective,
            )
            for f in holding
        )


@given(stories())
@settings(max_examples=50)
def test_a_step_leaves_the_earlier_state_as_it_was(story: list[PatientFact]) -> None:
    state = None
    for event in story:
        first = ENGINE.step(state, event)
        again = ENGINE.step(state, event)
        assert first == again
        state = first.state
