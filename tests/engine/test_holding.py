"""Keeping answers: an issue is looked at again where something else may be told of it, and only there."""

from dataclasses import replace
from decimal import Decimal

from schemas.base import Severity
from services.safety.checks.judgement import SILENT, Finding, Judgement
from services.safety.engine.hearing import Answers
from services.safety.engine.holding import with_answers
from services.safety.engine.state import Asked, IssueKey, Judgements
from tests.builders import at

ASKED, KEY = Asked(0, ""), IssueKey("interaction", "a|b")
FINDING = Finding("interaction", "a|b", ("a", "b"), Severity.MAJOR, "a together with b.", ("dose-1",))


def held_after(held: Judgements, answer: Judgement) -> tuple[Judgements, set[IssueKey]]:
    touched: set[IssueKey] = set()
    return with_answers(held, Answers([(ASKED, answer)], frozenset()), touched), touched


def test_other_evidence_for_the_same_is_kept_and_nothing_is_looked_at_again() -> None:
    held, touched = held_after(Judgements(), Judgement((FINDING,)))
    assert touched == {KEY}
    later = replace(FINDING, implicated=("dose-2",))
    held, touched = held_after(held, Judgement((later,)))
    assert touched == set()
    assert held.findings[KEY] == ((ASKED, later),)


def test_whatever_may_change_what_is_told_is_looked_at_again() -> None:
    held, _ = held_after(Judgements(), Judgement((FINDING,)))
    for other in (
        replace(FINDING, severity=Severity.MODERATE),
        replace(FINDING, level=Decimal("1.000001")),
        replace(FINDING, subjects=("a", "b", "c")),
        replace(FINDING, shadow=True),
        replace(FINDING, retrospective=True),
    ):
        assert held_after(held, Judgement((other,)))[1] == {KEY}
    ended, touched = held_after(held, SILENT)
    assert touched == {KEY}
    assert not ended.findings


def test_the_next_review_is_the_earliest_of_all() -> None:
    held, _ = held_after(Judgements(), Judgement((), at(5)))
    held = with_answers(held, Answers([(Asked(1, "a"), Judgement((), at(3)))], frozenset()), set())
    assert held.next_review == at(3)
    held = with_answers(held, Answers([(Asked(1, "a"), SILENT)], frozenset()), set())
    assert held.next_review == at(5)
    held, _ = held_after(held, SILENT)
    assert held.next_review is None
