"""Which questions are asked again: those that a drug concerns, and those that looked at the signs of life."""

from datetime import datetime

from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import Judgement, View, not_assessed
from services.safety.knowledge.base import KnowledgeBase
from tests.builders import at, dose, order
from tests.engine.ward import engine, told


class SilenceOf:
    """Asks whether the pump was heard, but only once there is a dose of morphine."""

    id = "pump"
    per_ingredient = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime]] = []

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        return frozenset({"given"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        return ingredient != "baclofen"

    def judge(self, view: View, subject: str) -> Judgement:
        self.asked.append((subject, view.now))
        if subject not in view.ledger.given or view.alive.get("pump") is not None:
            return Judgement()
        text = "The pump was never heard."
        return Judgement((not_assessed(self.id, NotAssessedReason.FEED_SILENT, subject, text),))


def test_a_check_is_not_asked_about_a_drug_that_does_not_concern_it() -> None:
    check = SilenceOf()
    told(engine([check]), [dose("baclofen", "10 mg", at(1)), dose("morphine", "5 mg", at(2))])
    assert check.asked == [("morphine", at(2))]


def test_a_sign_of_life_asks_again_only_what_looked_at_signs_of_life() -> None:
    check = SilenceOf()
    story = [order("diazepam", "5 mg", at(0)), dose("morphine", "5 mg", at(1))]
    state, issues = told(engine([check]), story)
    assert [issue.transition.value for issue in issues] == ["raised"]
    state, issues = told(engine([check]), [order("baclofen", "10 mg", at(2), source="pump")], state)
    assert [issue.transition.value for issue in issues] == ["resolved"]
    assert [subject for subject, _ in check.asked] == ["morphine", "morphine"]


def test_a_check_that_cannot_say_what_concerns_it_is_asked_and_fails_where_people_see_it() -> None:
    class Broken(SilenceOf):
        def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
            raise LookupError(ingredient)

        def judge(self, view: View, subject: str) -> Judgement:
            raise LookupError(subject)

    _, issues = told(engine([Broken()]), [dose("baclofen", "10 mg", at(1))])
    assert [issue.reason for issue in issues] == [NotAssessedReason.CHECK_FAILED]
