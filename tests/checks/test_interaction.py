"""Two drugs that harm each other are active together."""

from datetime import timedelta

from schemas.clinical import OrderState, PatientFact
from schemas.medications import Route
from services.safety.checks.together.interaction import DrugInteraction
from tests.builders import at, dose, in_words, order, stopped, voided
from tests.checks.ward import Ward

ward = Ward(DrugInteraction())


def test_tizanidine_with_ciprofloxacin_is_contraindicated() -> None:
    finding = ward.finding([order("tizanidine"), order("ciprofloxacin")], at(0))
    assert finding is not None
    assert finding.severity.value == "contraindicated"
    assert finding.subjects == ("ciprofloxacin", "tizanidine")


def test_a_dose_given_counts_for_the_exposure_of_the_row() -> None:
    facts: list[PatientFact] = [dose("tizanidine", "4 mg", at(0)), order("ciprofloxacin")]
    assert ward.judge(facts, at(1)).review_at == at(24)
    assert ward.severity(facts, at(24, seconds=-1)) == "contraindicated"
    assert ward.finding(facts, at(24)) is None


def test_an_maoi_counts_through_its_washout_of_two_weeks() -> None:
    facts: list[PatientFact] = [dose("phenelzine", "15 mg", at(0)), order("sertraline", "50 mg", at(days=13))]
    assert ward.severity(facts, at(days=14, seconds=-1)) == "contraindicated"
    assert ward.finding(facts, at(days=14)) is None


def test_as_needed_and_never_given_is_one_severity_lower() -> None:
    facts: list[PatientFact] = [order("tizanidine", as_needed=True), order("ciprofloxacin")]
    assert ward.severity(facts, at(1)) == "major"
    given = dose("tizanidine", "4 mg", at(2))
    assert ward.severity([*facts, given], at(2, seconds=-1)) == "major"
    assert ward.severity([*facts, given], at(2)) == "contraindicated"
    assert ward.severity([*facts, given], at(days=3)) == "contraindicated"


def test_a_high_priority_pair_is_not_lowered_for_being_as_needed() -> None:
    facts: list[PatientFact] = [order("phenelzine"), order("citalopram", as_needed=True)]
    assert ward.severity(facts, at(0)) == "contraindicated"


def test_a_low_priority_pair_is_minor() -> None:
    assert ward.severity([order("lisinopril"), order("ibuprofen")], at(0)) == "minor"


def test_a_drug_on_the_skin_is_one_severity_lower_or_exempt_by_the_row() -> None:
    gel = dose("diclofenac", "40 mg", route=Route.TOPICAL)
    assert ward.severity([gel, order("lithium")], at(0)) == "moderate"
    assert ward.finding([gel, order("warfarin")], at(0)) is None


def test_a_swallowed_dose_counts_although_the_last_one_was_on_the_skin() -> None:
    facts: list[PatientFact] = [
        dose("diclofenac", "50 mg", at(0)),
        dose("diclofenac", "40 mg", at(1), route=Route.TOPICAL),
        order("lithium"),
    ]
    assert ward.severity(facts, at(2)) == "major"
    assert ward.severity(facts, at(24)) == "moderate"


def test_one_issue_for_a_pair_by_its_worst_row() -> None:
    finding = ward.finding([order("warfarin"), order("sertraline")], at(0))
    assert finding is not None
    assert finding.severity.value == "major"
    assert finding.sources[0].row == "warfarin-ssri-class"
    assert finding.high_alert


def test_each_pair_is_an_issue_of_its_own() -> None:
    facts: list[PatientFact] = [order("warfarin"), order("sertraline"), order("ibuprofen"), order("lithium")]
    pairs = [finding.subject for finding in ward.judge(facts, at(0)).findings]
    assert pairs == ["ibuprofen|lithium", "ibuprofen|warfarin", "sertraline|warfarin"]


def test_two_drugs_of_one_class_are_no_pair_with_themselves() -> None:
    assert ward.finding([order("phenelzine"), dose("phenelzine", "15 mg", at(1))], at(1)) is None


def test_a_drug_known_by_its_name_only_drives_the_check_and_is_flagged() -> None:
    finding = ward.finding([order(in_words("Tizanidine at night")), order("ciprofloxacin")], at(0))
    assert finding is not None
    drugs = finding.evidence["drugs"]
    assert isinstance(drugs, list)
    assert [drug["known_by_name_only"] for drug in drugs if isinstance(drug, dict)] == [False, True]


def test_an_order_on_hold_or_stopped_is_not_active() -> None:
    other = order("ciprofloxacin")
    assert ward.finding([order("tizanidine", state=OrderState.ON_HOLD), other], at(0)) is None
    ordered = order("tizanidine")
    facts: list[PatientFact] = [ordered, other, stopped(ordered, at(6))]
    assert ward.finding(facts, at(6, seconds=-1)) is not None
    assert ward.finding(facts, at(6)) is None


def test_orders_that_do_not_overlap_do_not_interact() -> None:
    facts: list[PatientFact] = [order("tizanidine", ends_at=at(8)), order("ciprofloxacin", when=at(8))]
    assert ward.finding(facts, at(8)) is None
    assert ward.judge(facts, at(1)).review_at == at(8)


def test_a_voided_dose_ends_the_issue() -> None:
    given = dose("tizanidine", "4 mg", at(0))
    assert ward.finding([given, voided(given, at(1)), order("ciprofloxacin")], at(1)) is None


def test_an_infusion_counts_until_the_exposure_after_its_end() -> None:
    infusion = dose("tizanidine", "4 mg", at(0), lasting=timedelta(hours=10))
    facts: list[PatientFact] = [infusion, order("ciprofloxacin")]
    assert ward.finding(facts, at(34, seconds=-1)) is not None
    assert ward.finding(facts, at(34)) is None


def test_a_further_dose_of_the_same_drug_tells_the_same_until_its_own_end() -> None:
    facts: list[PatientFact] = [dose("tizanidine", "4 mg", at(h)) for h in (0, 8)]
    finding = ward.finding([*facts, order("ciprofloxacin")], at(8))
    assert finding is not None
    assert len(finding.implicated) == 2
    assert ward.judge([*facts, order("ciprofloxacin")], at(8)).review_at == at(32)
