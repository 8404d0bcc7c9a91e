"""What an episode has told already is told again as a change, and calls nobody again."""

from schemas.base import Mode
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue
from tests.builders import at, dose, person
from tests.engine.ward import engine, told

SEDATED: list[PatientFact] = [
    dose("morphine", "5 mg", at(0)),
    dose("lorazepam", "1 mg", at(1)),
    dose("morphine", "5 mg", at(20)),
    dose("gabapentin", "300 mg", at(3)),
]


def sedation(facts: list[PatientFact]) -> list[DetectedIssue]:
    """The records about sedation, in the order of receipt."""
    _, issues = told(engine(), sorted(facts, key=lambda fact: fact.received_at))
    return [issue for issue in issues if issue.check == "cns-depression"]


def story(issues: list[DetectedIssue]) -> list[tuple[str, tuple[str, ...], int]]:
    return [(issue.transition.value, issue.subjects, issue.told_before) for issue in issues]


def test_a_drug_that_comes_back_within_the_episode_was_told_before() -> None:
    again = dose("lorazepam", "1 mg", at(30))
    issues = sedation([*SEDATED, dose("gabapentin", "300 mg", at(26)), again])
    assert story(issues) == [
        ("raised", ("lorazepam", "morphine"), 0),
        ("worsened", ("gabapentin", "lorazepam", "morphine"), 0),
        ("eased", ("gabapentin", "morphine"), 0),
        ("worsened", ("gabapentin", "lorazepam", "morphine"), 2),
    ]


def test_a_drug_that_is_new_in_the_episode_was_not_told_before() -> None:
    [*_, last] = sedation([*SEDATED, dose("gabapentin", "300 mg", at(26)), dose("tramadol", "50 mg", at(28))])
    assert (last.transition.value, last.told_before) == ("worsened", 0)


def test_a_new_episode_has_told_nothing_before() -> None:
    later: list[PatientFact] = [dose("morphine", "5 mg", at(80)), dose("lorazepam", "1 mg", at(81))]
    [*_, last] = sedation([*SEDATED, *later])
    assert (last.transition.value, last.episode, last.told_before) == ("raised", 2, 0)


def test_a_total_that_climbs_back_was_told_before_and_one_that_climbs_higher_was_not() -> None:
    doses: list[PatientFact] = [dose("baclofen", "20 mg", at(4 * n)) for n in range(6)]
    later: list[PatientFact] = [dose("baclofen", "20 mg", at(hour)) for hour in (26, 27)]
    _, issues = told(engine(), [*doses, *later])
    totals = [issue for issue in issues if issue.check == "cumulative-dose"]
    assert [(i.transition.value, i.severity.value, i.told_before) for i in totals] == [
        ("raised", "moderate", 0),
        ("worsened", "major", 0),
        ("eased", "moderate", 0),
        ("worsened", "major", 2),
        ("worsened", "major", 0),
    ]


def test_what_only_backfill_told_has_called_nobody() -> None:
    history: list[PatientFact] = [fact.model_copy(update={"mode": Mode.BACKFILL}) for fact in SEDATED]
    live = [person(50, at(26)), dose("gabapentin", "300 mg", at(26)), dose("lorazepam", "1 mg", at(30))]
    [*_, last] = sedation([*history, *live])
    assert (last.transition.value, last.subjects, last.told_before) == (
        "worsened", ("gabapentin", "lorazepam", "morphine"), 0,
    )  # fmt: skip
