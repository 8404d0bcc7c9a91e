"""Two drugs that do the same, or one drug by two orders."""

from schemas.clinical import Intent, OrderState, PatientFact
from schemas.medications import Route
from services.safety.checks.together.duplicate_therapy import DuplicateTherapy
from tests.brief_knowledge import KNOWLEDGE
from tests.brief_rules import RULED
from tests.builders import at, corrected, dose, in_words, order, stopped, voided
from tests.checks.ward import Ward

ward = Ward(DuplicateTherapy(), RULED)


def test_two_drugs_of_a_class_are_one_too_many() -> None:
    finding = ward.finding([order("ibuprofen"), order("diclofenac")], at(0))
    assert finding is not None
    assert (finding.subject, finding.severity.value) == ("diclofenac|ibuprofen", "moderate")
    assert "nsaid" in finding.text


def test_drugs_of_other_classes_are_no_duplicates() -> None:
    assert ward.finding([order("ibuprofen"), order("acetaminophen")], at(0)) is None


def test_without_rows_nothing_is_read() -> None:
    assert DuplicateTherapy().reads(KNOWLEDGE) == frozenset()
    assert Ward(DuplicateTherapy()).finding([order("ibuprofen"), order("diclofenac")], at(0)) is None


def test_a_drug_that_was_stopped_for_another_is_no_duplicate_of_it() -> None:
    first = order("ibuprofen", entity="o1")
    given = dose("ibuprofen", "400 mg", at(5), order="o1")
    facts: list[PatientFact] = [first, given, order("diclofenac", when=at(6)), stopped(first, at(6))]
    assert ward.finding(facts, at(6)) is None


def test_a_dose_that_no_order_explains_counts_for_the_exposure_of_the_row() -> None:
    facts: list[PatientFact] = [dose("ibuprofen", "400 mg", at(0)), order("diclofenac")]
    assert ward.severity(facts, at(12, seconds=-1)) == "moderate"
    assert ward.finding(facts, at(12)) is None
    assert ward.judge(facts, at(1)).review_at == at(12)


def test_two_orders_of_one_drug_count_when_they_overlap_for_an_hour() -> None:
    facts: list[PatientFact] = [order(entity="o1"), order(when=at(4), entity="o2")]
    assert ward.finding(facts, at(5, seconds=-1)) is None
    assert ward.judge(facts, at(4)).review_at == at(5)
    finding = ward.finding(facts, at(5))
    assert finding is not None
    assert (finding.subject, finding.severity.value) == ("baclofen", "moderate")
    assert finding.implicated == ("o1", "o2")


def test_a_reorder_on_transfer_is_none_when_the_old_order_stops_within_the_hour() -> None:
    old = order(entity="o1")
    new = order(when=at(4), entity="o2")
    assert ward.finding([old, new, stopped(old, at(5))], at(5)) is None
    late: list[PatientFact] = [old, new, stopped(old, at(5, seconds=1))]
    assert ward.severity(late, at(5)) == "moderate"
    assert ward.finding(late, at(5, seconds=1)) is None


def test_an_order_that_replaces_another_is_no_second_order() -> None:
    facts: list[PatientFact] = [order(entity="o1"), order(when=at(4), entity="o2", replaces="o1")]
    assert ward.finding(facts, at(6)) is None


def test_two_dispensing_records_of_one_prescription_are_one_order() -> None:
    fillers = [
        order(entity=name, intent=Intent.FILLER_ORDER, based_on=("o1",)) for name in ("filler-1", "filler-2")
    ]
    assert ward.finding([order(entity="o1"), *fillers], at(2)) is None


def test_linked_alternatives_and_a_dose_ordered_once_are_no_second_order() -> None:
    linked = [order(entity=name, alternatives="g1") for name in ("o1", "o2")]
    assert ward.finding([*linked], at(2)) is None
    once = order(entity="o4", dosages=(order().dosages[0].model_copy(update={"once": True}),))
    assert ward.finding([order(entity="o3"), once], at(2)) is None


def test_the_same_drug_by_another_route_is_asked_about_and_pages_nobody() -> None:
    facts: list[PatientFact] = [order(entity="o1"), order(entity="o2", route=Route.ENTERAL)]
    finding = ward.finding(facts, at(1))
    assert finding is not None
    assert finding.severity.value == "minor"
    assert "alternatives" in finding.text


def test_an_opioid_as_needed_beside_a_scheduled_one_is_normal_practice() -> None:
    scheduled, as_needed = order("morphine", entity="o1"), order("morphine", entity="o2", as_needed=True)
    assert ward.finding([scheduled, as_needed], at(2)) is None
    assert ward.finding([scheduled, order("oxycodone", as_needed=True)], at(2)) is None
    assert ward.severity([scheduled, order("morphine", entity="o3")], at(2)) == "moderate"


def test_as_needed_and_never_given_is_one_severity_lower() -> None:
    facts: list[PatientFact] = [order("ibuprofen"), order("diclofenac", as_needed=True, entity="o2")]
    assert ward.severity(facts, at(1)) == "minor"
    given = dose("diclofenac", "50 mg", at(2), order="o2")
    assert ward.severity([*facts, given], at(2, seconds=-1)) == "minor"
    assert ward.severity([*facts, given], at(2)) == "moderate"


def test_a_gel_is_one_severity_lower_and_eye_drops_are_exempt_by_the_row() -> None:
    tablets = order("ibuprofen")
    assert ward.severity([tablets, order("diclofenac", route=Route.TOPICAL)], at(0)) == "minor"
    assert ward.finding([tablets, order("diclofenac", route=Route.OPHTHALMIC)], at(0)) is None
    assert ward.finding([tablets, dose("diclofenac", "1 mg", route=Route.OPHTHALMIC)], at(0)) is None


def test_an_order_on_hold_is_no_second_order() -> None:
    facts: list[PatientFact] = [order(entity="o1"), order(entity="o2", state=OrderState.ON_HOLD)]
    assert ward.finding(facts, at(2)) is None


def test_a_second_order_that_is_taken_back_ends_the_issue() -> None:
    second = order(entity="o2")
    facts: list[PatientFact] = [order(entity="o1"), second]
    assert ward.finding(facts, at(2)) is not None
    assert ward.finding([*facts, voided(second, at(2))], at(2)) is None


def test_a_drug_known_by_its_name_only_counts_and_is_flagged() -> None:
    finding = ward.finding([order(in_words("Ibuprofen from home")), order("diclofenac")], at(0))
    assert finding is not None
    drugs = finding.evidence["drugs"]
    assert isinstance(drugs, list)
    assert [drug["known_by_name_only"] for drug in drugs if isinstance(drug, dict)] == [False, True]


def test_a_third_order_is_a_higher_level_of_the_same_issue() -> None:
    facts: list[PatientFact] = [order(entity="o1"), order(entity="o2")]
    two, three = ward.finding(facts, at(2)), ward.finding([*facts, order(entity="o3")], at(2))
    assert two is not None
    assert three is not None
    assert three.level > two.level


def test_an_order_that_ends_takes_its_doses_with_it_and_a_new_end_brings_them_back() -> None:
    first = order("ibuprofen", entity="o1", ends_at=at(6))
    given = dose("ibuprofen", "400 mg", at(5), order="o1")
    facts: list[PatientFact] = [first, given, order("diclofenac")]
    assert ward.finding(facts, at(6)) is None
    assert ward.severity([*facts, corrected(first, at(6), ends_at=at(9))], at(6)) == "moderate"
