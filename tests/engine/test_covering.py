"""One story is told once: the lesser tellings of one overdose are shown as covered."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from immutables import Map

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.dosage import MaxDose
from schemas.issues import DetectedIssue
from services.safety.checks.judgement import Finding
from services.safety.engine.covering import Covering
from services.safety.engine.state import Asked, IssueKey, Judgements
from services.safety.knowledge.kinds.renal import KidneyMeasure
from services.safety.knowledge.kinds.renal_schedule import RenalSchedule, ScheduleBand
from tests.brief_knowledge import INTERACTIONS, MOUTH, interaction, knowledge, row
from tests.brief_rules import RULED
from tests.builders import at, dosage, dose, observation, order, quantity
from tests.engine.ward import engine, told

PAIRED = knowledge(
    interactions=(
        *INTERACTIONS,
        interaction("class:opioid", "class:benzodiazepine", Severity.MODERATE),
    )
)


def covered(facts: list[PatientFact]) -> dict[str, bool]:
    """For each open issue by check, whether another one covers it."""
    state, _ = told(engine(knowledge=PAIRED), facts)
    return {issue.check: issue.covered_by is not None for issue in state.open_issues()}


TWICE_A_DAY = RenalSchedule(
    **row(
        "renal-schedule.baclofen",
        subject="drug:baclofen",
        routes=MOUTH,
        measure=KidneyMeasure.EGFR,
        bands=(ScheduleBand(below=Decimal(60), at_least=timedelta(hours=12), severity=Severity.MODERATE),),
    )
)
HIGH = order("baclofen", "20 mg", at(0), times=6)
GIVEN: list[PatientFact] = [dose("baclofen", "20 mg", at(2 * n)) for n in range(7)]


def test_an_order_above_the_limit_stands_alone_until_its_doses_are_given() -> None:
    assert covered([HIGH])["prescribed-dose"] is False
    assert covered([HIGH, *GIVEN])["prescribed-dose"] is True
    assert covered([HIGH, *GIVEN])["cumulative-dose"] is False


def test_a_daily_overdose_covers_the_maximum_of_the_order_as_needed() -> None:
    most = (MaxDose(amount=quantity("40 mg"), period_seconds=Decimal(86_400)),)
    asked = order(
        "baclofen",
        dosages=(dosage("20 mg", times=None, as_needed=True, max_dose=most),),
        entity="o",
    )
    under: list[PatientFact] = [dose("baclofen", "20 mg", at(2 * n), order="o") for n in range(6)]
    assert covered([asked, *under[:3]])["as-needed-maximum"] is False
    standing = covered([asked, *under])
    assert standing["as-needed-maximum"] is True
    assert standing["cumulative-dose"] is False


def test_a_pair_of_sedatives_is_covered_by_the_count_of_sedatives() -> None:
    facts: list[PatientFact] = [dose("morphine", "5 mg", at(0)), dose("lorazepam", "1 mg", at(1))]
    standing = covered(facts)
    assert standing["cns-depression"] is False
    assert standing["interaction"] is True


def test_a_lesser_coverer_does_not_cover() -> None:
    """A total that is a little too high does not hide an order that is far too high."""
    ordered = order("baclofen", "20 mg", at(0), times=8)
    mild: list[PatientFact] = [dose("baclofen", "17 mg", at(2 * n)) for n in range(5)]
    state, _ = told(engine(knowledge=PAIRED), [ordered, *mild])
    issues = {issue.check: issue for issue in state.open_issues()}
    assert issues["cumulative-dose"].severity.rank < issues["prescribed-dose"].severity.rank
    assert issues["prescribed-dose"].covered_by == issues["projected-dose"].issue_id
    assert issues["projected-dose"].covered_by is None


WEAK_KIDNEYS = observation("98979-8", "55 mL/min/{1.73_m2}", at(0))
"""At most 40 mg of baclofen a day instead of 80; more is major."""


def organ_story(facts: list[PatientFact]) -> dict[str, DetectedIssue]:
    state, _ = told(engine(knowledge=RULED), facts)
    return {issue.check: issue for issue in state.open_issues() if issue.reason is None}


def test_an_overdose_by_the_kidneys_tells_the_general_one_too() -> None:
    facts: list[PatientFact] = [WEAK_KIDNEYS, *(dose("baclofen", "17 mg", at(2 * n)) for n in range(5))]
    issues = organ_story(facts)
    assert issues["cumulative-dose"].severity.value == "moderate"
    assert issues["cumulative-dose"].covered_by == issues["renal-dose"].issue_id
    assert issues["renal-dose"].covered_by is None


def test_of_two_equally_grave_the_stricter_limit_stands() -> None:
    facts: list[PatientFact] = [WEAK_KIDNEYS, *(dose("baclofen", "25 mg", at(2 * n)) for n in range(5))]
    issues = organ_story(facts)
    assert issues["cumulative-dose"].severity is issues["renal-dose"].severity
    assert issues["cumulative-dose"].covered_by == issues["renal-dose"].issue_id


def test_the_graver_one_is_never_covered() -> None:
    mild = observation("98979-8", "85 mL/min/{1.73_m2}", at(0))
    facts: list[PatientFact] = [mild, *(dose("baclofen", "25 mg", at(2 * n)) for n in range(5))]
    issues = organ_story(facts)
    assert issues["renal-dose"].severity.value == "moderate"
    assert issues["cumulative-dose"].severity.value == "major"
    assert issues["renal-dose"].covered_by == issues["cumulative-dose"].issue_id
    assert issues["cumulative-dose"].covered_by is None


def test_what_is_ordered_above_the_limit_of_the_kidneys_does_not_cover_what_was_given() -> None:
    facts: list[PatientFact] = [WEAK_KIDNEYS, order("baclofen", "25 mg", at(0), times=4)]
    assert organ_story(facts)["prescribed-dose"].covered_by == organ_story(facts)["renal-dose"].issue_id
    given: list[PatientFact] = [dose("baclofen", "17 mg", at(2 * n)) for n in range(5)]
    issues = organ_story([*facts, *given])
    assert "orders" in issues["renal-dose"].evidence
    assert issues["cumulative-dose"].covered_by is None


def test_of_three_tellings_that_each_outdo_another_one_stands() -> None:
    """What is still due outdoes what the kidneys allow, that what was given, and that what is still due."""
    levels = {"cumulative-dose": "1.5", "renal-dose": "3", "projected-dose": "4"}
    found = {
        IssueKey(check, "baclofen"): Finding(
            check, "baclofen", ("baclofen",), Severity.MAJOR, "", level=Decimal(level), evidence={"doses": []}
        )
        for check, level in levels.items()
    }
    held = Judgements(findings=Map({key: ((Asked(0, ""), finding),) for key, finding in found.items()}))
    covering = Covering.of(RULED)
    alone = [key.check for key, finding in found.items() if covering.covered_by(finding, held) is None]
    assert alone == ["renal-dose"]


def test_a_drug_that_is_not_for_such_kidneys_at_all_and_its_overdose_are_two_stories() -> None:
    failing = observation("98979-8", "20 mL/min/{1.73_m2}", at(0))
    facts: list[PatientFact] = [failing, *(dose("baclofen", "17 mg", at(2 * n)) for n in range(5))]
    issues = organ_story(facts)
    assert issues["renal-dose"].evidence["avoid"] is True
    assert issues["cumulative-dose"].covered_by is None
    assert issues["renal-dose"].covered_by is None


def test_a_day_too_high_for_the_kidneys_covers_that_it_is_ordered_too_often() -> None:
    weak = observation("98979-8", "45 mL/min/{1.73_m2}", at(-1))
    often = engine(knowledge=replace(RULED, rules=(*RULED.rules, TWICE_A_DAY)))

    def standing(*facts: PatientFact) -> dict[str, bool]:
        state, _ = told(often, [weak, *facts])
        return {issue.check: issue.covered_by is not None for issue in state.open_issues()}

    assert standing(order("baclofen", "10 mg", at(0), times=3))["renal-schedule"] is False
    both = standing(order("baclofen", "20 mg", at(0), times=3))
    assert (both["renal-dose"], both["renal-schedule"]) == (False, True)
