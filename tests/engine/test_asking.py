"""Which questions are asked again: those that a drug concerns, and those that looked at the signs of life."""

from datetime import datetime

from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import Judgement, View, not_assessed
from services.safety.checks.watching.monitoring import Unmonitored
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import Status
from tests.brief_knowledge import knowledge
from tests.brief_patient_rules import HOUR, monitoring
from tests.builders import at, dose, encounter, observation, order
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


class Potassium(SilenceOf):
    """Reads two results, of which one says something of morphine only where something is told."""

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        return frozenset({"given", "loinc|2823-3", "loinc|6301-6"})

    def reads_for(self, knowledge: KnowledgeBase, ingredient: str) -> frozenset[str]:
        return frozenset({"given", "loinc|2823-3"})

    def judge(self, view: View, subject: str) -> Judgement:
        self.asked.append((subject, view.now))
        if len(view.ledger.given[subject].entries) < 2:
            return Judgement()
        return Judgement((not_assessed(self.id, NotAssessedReason.FEED_SILENT, subject, "twice"),))


def test_a_result_that_says_nothing_of_a_drug_asks_again_only_where_something_is_told() -> None:
    check = Potassium()
    story = [
        dose("morphine", "5 mg", at(1)),
        observation("6301-6", "1.1 1", at(2), received_at=at(2)),
        observation("2823-3", "4 mmol/L", at(3), received_at=at(3)),
        dose("morphine", "5 mg", at(4)),
        observation("6301-6", "1.2 1", at(5), received_at=at(5)),
    ]
    told(engine([check]), story)
    assert check.asked == [("morphine", at(hour)) for hour in (1, 3, 4, 5)]


def test_a_draft_that_is_overdue_is_told_in_shadow_with_the_first_result_of_any_kind() -> None:
    rules = (
        monitoring("drug:baclofen", "body weight", "body-weight", before=HOUR, status=Status.DRAFT),
        monitoring("drug:morphine", "kidney function", "creatinine", before=120 * HOUR),
    )
    story = [
        encounter(at(-24), received_at=at(-24)),
        order("baclofen", "10 mg", at(0), received_at=at(0)),
        order("diazepam", "5 mg", at(20), received_at=at(20)),
    ]
    judge = engine([Unmonitored()], knowledge=knowledge(rules=rules))
    state, issues = told(judge, story)
    assert not issues
    first = observation("2160-0", "0.9 mg/dL", at(21), received_at=at(21))
    _, issues = told(judge, [first, order("diazepam", "5 mg", at(22), received_at=at(22))], state)
    assert [(issue.check, issue.shadow) for issue in issues] == [("monitoring", True)]
