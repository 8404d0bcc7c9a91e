"""A drug that harms an unborn child is in use in a pregnancy, or where nobody knows whether there is one."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from schemas.base import Severity
from schemas.clinical import Observation, PatientFact
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.contraindications.pregnancy import DrugInPregnancy
from services.safety.checks.judgement import Finding
from services.safety.knowledge.models import Status
from services.safety.ledger.folding import fold, folded
from tests.brief_childbearing import CHILDBEARING, GESTATIONAL_AGE, pregnancy_rule
from tests.brief_knowledge import MEASUREMENTS, knowledge
from tests.brief_rules import RULED
from tests.builders import at, condition, dosage, dose, observation, order, person, voided
from tests.checks.ward import Ward

ward = Ward(DrugInPregnancy(), RULED)
ordered = order("baclofen", "10 mg")
SHE = person(31, sex="female")
PREGNANT = condition("icd10|Z34.0", at(-24))
SECOND = timedelta(seconds=1)


def said(text: str, when: datetime, code: str = "82810-3") -> Observation:
    return observation(code, None, when, text=text)


def weeks(value: str, when: datetime) -> Observation:
    return observation("18185-9", value, when)


def found(*facts: PatientFact, now: datetime | None = None) -> str | None:
    return ward.severity([SHE, *facts], now or at(1))


def only(*facts: PatientFact, now: datetime | None = None) -> Finding:
    finding = ward.finding(list(facts), now or at(1))
    assert finding is not None
    return finding


def test_baclofen_ordered_for_a_pregnant_woman_is_told_with_order_code_and_source() -> None:
    finding = only(SHE, ordered, PREGNANT)
    assert (finding.check, finding.subject, finding.severity) == ("pregnancy", "baclofen", Severity.MODERATE)
    assert finding.implicated == (ordered.entity, PREGNANT.entity)
    assert finding.text.startswith("baclofen in pregnancy (icd10|Z34.0).")
    assert finding.evidence["pregnancy"] == [
        {"entity": PREGNANT.entity, "says": "icd10|Z34.0", "at": at(-24).isoformat()}
    ]
    assert finding.sources[0].row == "pregnancy.baclofen"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("icd10|Z340", "moderate"),
        ("icd10|O99.011", "moderate"),
        ("icd10|O99.02", None),
        ("snomed|77386006", "moderate"),
        ("snomed|773860061", None),
        ("icd9|Z34.0", None),
        ("icd10|Z33.1", None),
    ],
)
def test_a_code_says_it_with_or_without_its_point_and_no_other_one_does(code: str, told: str | None) -> None:
    assert found(ordered, condition(code)) == told


def test_a_pregnancy_counts_for_42_weeks_and_not_a_second_longer() -> None:
    begun = at(weeks=-42)
    diagnosed, tested = condition("icd10|Z34.0", begun), said("POS", begun, "2106-3")
    for evidence in (diagnosed, tested):
        assert found(ordered, evidence, now=at(0)) is None
        assert found(order("baclofen", when=at(-1)), evidence, now=at(0) - SECOND) == "moderate"
    assert (
        ward.judge([SHE, ordered, condition("icd10|Z34.0", begun + SECOND)], at(0)).review_at
        == at(0) + SECOND
    )


def test_a_pregnancy_is_over_with_its_record_with_a_delivery_and_with_a_negative_test() -> None:
    assert found(ordered, condition("icd10|Z34.0", at(-9), abated_at=at(1))) is None
    assert found(ordered, condition("icd10|Z34.0", at(-9), abated_at=at(1, seconds=1))) == "moderate"
    assert found(ordered, condition("icd10|Z34.0", at(-9), active=False)) is None
    assert found(ordered, PREGNANT, condition("icd10|Z37.0", at(1, seconds=1))) == "moderate"
    assert found(ordered, PREGNANT, condition("icd10|Z37.0", at(1))) is None
    assert found(ordered, PREGNANT, condition("icd10|Z37.0", at(1), active=False)) is None
    assert found(ordered, PREGNANT, said("NEG", at(-1))) is None
    assert found(ordered, PREGNANT, said("NEG", at(-25))) == "moderate"


def test_at_one_instant_a_delivery_ends_a_pregnancy_and_a_negative_test_does_not() -> None:
    assert found(ordered, PREGNANT, condition("icd10|O80", at(-24))) is None
    assert found(ordered, said("POS", at(0)), said("NEG", at(0), "2106-3")) == "moderate"


def test_a_new_pregnancy_after_a_delivery_counts() -> None:
    assert found(ordered, condition("icd10|Z37.0", at(days=-200)), said("POS", at(days=-1))) == "moderate"


def test_a_void_of_the_delivery_brings_the_pregnancy_back_and_the_check_is_asked() -> None:
    born = condition("icd10|Z37.0", at(0))
    ledger = folded([SHE, ordered, PREGNANT, born], RULED)
    _, change = fold(ledger, voided(born, at(1)), RULED)
    assert change is not None
    assert change.inputs & DrugInPregnancy().reads(RULED)
    assert found(ordered, PREGNANT, born, voided(born, at(1))) == "moderate"


@pytest.mark.parametrize("text", ["Pregnant", "PREGNANT.", "pos (weak)", "POS"])
def test_a_result_is_read_whatever_its_case_and_what_follows_in_brackets(text: str) -> None:
    assert found(ordered, said(text, at(0))) == "moderate"


def test_only_the_newest_result_of_a_code_counts() -> None:
    assert found(ordered, said("POS", at(-9)), said("unknown", at(-8))) is None
    assert found(ordered, said("unknown", at(-9)), said("POS", at(-8))) == "moderate"


def test_a_result_that_says_neither_is_not_taken_for_a_negative_one() -> None:
    unclear = said("hemolysed", at(0))
    finding = only(SHE, ordered, unclear)
    assert (finding.check, finding.reason) == ("not-assessed", NotAssessedReason.MISSING_PREGNANCY_STATUS)
    assert finding.subjects == ("baclofen",)
    assert finding.implicated == (ordered.entity, unclear.entity)
    assert "loinc|82810-3 hemolysed" in finding.text
    assert only(SHE, ordered, observation("82810-3", "1 1", at(0))).reason is not None
    assert found(ordered, unclear, said("NEG", at(0.5), "2106-3")) is None
    assert found(ordered, unclear, now=at(days=5)) is None
    assert found(ordered, unclear, PREGNANT) == "moderate"


def test_a_record_that_is_male_and_pregnant_is_told_and_not_judged() -> None:
    he = person(31, sex="male")
    finding = only(he, ordered, PREGNANT)
    assert finding.reason is NotAssessedReason.MISSING_PREGNANCY_STATUS
    assert "male, and pregnant" in finding.text
    assert ward.finding([he, ordered], at(1)) is None
    assert ward.finding([he, ordered, said("hemolysed", at(0))], at(1)) is None


def test_a_drug_as_needed_counts_one_severity_lower_until_given_and_a_dose_for_a_day() -> None:
    as_needed = order("baclofen", None, dosages=(dosage("10 mg", as_needed=True),))
    assert found(as_needed, PREGNANT) == "minor"
    assert found(as_needed, dose("baclofen", "10 mg", at(0.5)), PREGNANT) == "moderate"
    given = dose("baclofen", "10 mg", at(0))
    assert found(given, PREGNANT, now=at(24) - SECOND) == "moderate"
    assert found(given, PREGNANT, now=at(24)) is None
    assert found(dose("baclofen", "10 mg", at(0), route=Route.TOPICAL), PREGNANT) == "minor"


late = order("citalopram", "20 mg")
early = order("morphine", "10 mg")


def test_a_row_from_week_20_on_holds_from_that_instant() -> None:
    known = weeks("19 wk", at(days=-7) + timedelta(hours=1))
    assert found(late, PREGNANT, known, now=at(1) - SECOND) is None
    assert found(late, PREGNANT, known, now=at(1)) == "major"
    assert ward.judge([SHE, late, PREGNANT, known], at(0)).review_at == at(1)
    finding = only(SHE, late, PREGNANT, known)
    assert finding.text.startswith("citalopram in pregnancy (icd10|Z34.0), from week 20.")
    assert finding.evidence["gestational_age"] == {
        "entity": known.entity,
        "weeks": "19",
        "at": known.effective_at.isoformat(),
    }


def test_a_row_before_week_20_ends_at_that_instant() -> None:
    known = weeks("133 d", at(days=-7) + timedelta(hours=1))
    assert found(early, PREGNANT, known, now=at(1) - SECOND) == "moderate"
    assert found(early, PREGNANT, known, now=at(1)) is None


def test_where_the_week_is_not_known_a_row_about_a_part_holds_and_says_so() -> None:
    for fact in (late, early):
        finding = only(SHE, fact, PREGNANT)
        assert "the week of this pregnancy is not known" in finding.text
        assert "gestational_age" not in finding.evidence
    assert found(late, PREGNANT, observation("18185-9", None, at(0), text="20+3")) == "major"


def test_a_gestational_age_of_an_earlier_pregnancy_is_none_of_this_one() -> None:
    before = weeks("10 wk", at(days=-100))
    assert found(late, before, condition("icd10|Z37.0", at(days=-50)), PREGNANT) == "major"
    assert found(late, weeks("10 wk", at(days=-1)), PREGNANT) is None
    too_long = weeks("44 wk", at(days=-7) + timedelta(hours=1))
    assert found(early, PREGNANT, too_long, now=at(1) - SECOND) is None
    assert found(early, PREGNANT, too_long, now=at(1)) == "moderate"


forbidden = order("diazepam", "5 mg")


def test_before_a_drug_that_is_not_begun_in_pregnancy_it_is_asked_once_for_all_drugs() -> None:
    other = order("phenelzine", "15 mg")
    finding = only(SHE, forbidden, other, ordered)
    assert (finding.check, finding.reason) == ("not-assessed", NotAssessedReason.MISSING_PREGNANCY_STATUS)
    assert finding.subjects == ("diazepam", "phenelzine")
    assert finding.implicated == (forbidden.entity, other.entity)
    assert finding.severity is Severity.MINOR


def test_nobody_is_asked_about_a_drug_whose_row_does_not_ask() -> None:
    assert found(ordered) is None


def test_who_is_known_to_be_pregnant_or_not_is_not_asked_and_a_denial_counts_for_five_days() -> None:
    assert found(forbidden, PREGNANT) == "contraindicated"
    negative = said("not pregnant", at(days=-5) + timedelta(hours=1))
    assert found(forbidden, negative, now=at(1) - SECOND) is None
    assert ward.judge([SHE, forbidden, negative], at(0)).review_at == at(1)
    assert only(SHE, forbidden, negative).reason is not None
    assert found(forbidden, condition("icd10|Z37.0", at(days=-4))) is None
    assert found(forbidden, condition("icd10|Z90.710", at(days=-4000))) is None


@pytest.mark.parametrize(
    ("sex", "asked"), [("female", True), ("unknown", True), ("other", True), ("male", False)]
)
def test_only_who_is_known_to_be_a_man_is_not_asked(sex: str, asked: bool) -> None:
    assert (ward.finding([person(31, sex=sex), forbidden], at(1)) is not None) is asked
    assert ward.finding([forbidden], at(1)) is not None


@pytest.mark.parametrize(
    ("years", "hours", "asked"),
    [(12, -1 / 3600, False), (12, 0, True), (60, -1 / 3600, True), (60, 0, False)],
)
def test_it_is_asked_from_12_to_below_60_years_to_the_second(years: int, hours: float, asked: bool) -> None:
    her = person(years, at(1), sex="female", recorded_at=at(0))
    now = at(1 + hours)
    assert (ward.finding([her, forbidden], now) is not None) is asked
    assert ward.finding([person(None, sex="female"), forbidden], now) is not None


def test_the_worst_row_in_force_is_told_and_a_draft_neither_asks_nor_hides_it() -> None:
    rules = (
        pregnancy_rule("a", "drug:baclofen", Severity.CONTRAINDICATED, status=Status.DRAFT),
        pregnancy_rule("b", "drug:baclofen", Severity.MINOR),
        pregnancy_rule("c", "drug:baclofen", Severity.MAJOR, from_week=Decimal(30)),
    )
    measured = MEASUREMENTS | {GESTATIONAL_AGE.id: GESTATIONAL_AGE}
    base = knowledge(rules=rules, childbearing=CHILDBEARING, measurements=measured)
    one = Ward(DrugInPregnancy(), base)
    finding = one.finding([SHE, ordered, PREGNANT, weeks("31 wk", at(0))], at(1))
    assert finding is not None
    assert (finding.severity, finding.shadow) == (Severity.MAJOR, False)
    assert one.severity([SHE, ordered, PREGNANT, weeks("12 wk", at(0))], at(1)) == "minor"


def test_a_drug_without_rules_is_silent_at_once_and_so_is_a_base_that_does_not_say_what_pregnancy_is() -> (
    None
):
    assert ward.judge([SHE, order("warfarin", "5 mg"), PREGNANT], at(1)).review_at is None
    rule = pregnancy_rule("a", "drug:baclofen", Severity.MAJOR)
    one = Ward(DrugInPregnancy(), knowledge(rules=(rule,)))
    assert one.finding([SHE, ordered, PREGNANT], at(1)) is None
