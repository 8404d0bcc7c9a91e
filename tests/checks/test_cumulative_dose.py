"""More was given within a rolling window than the limit allows."""

from datetime import timedelta
from decimal import Decimal

from schemas.clinical import Administration, PatientFact
from schemas.medications import Route
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from tests.brief_knowledge import LIMITS, LimitKind, knowledge, limit
from tests.builders import at, dose, in_words, person, tablets, voided
from tests.checks.ward import Ward

ward = Ward(CumulativeDose())
APAP = "acetaminophen"


def grams(*amounts: str, every: float = 2, first: float = 0) -> list[PatientFact]:
    return [dose(APAP, amount, at(first + every * n)) for n, amount in enumerate(amounts)]


def test_exactly_four_grams_of_acetaminophen_a_day_is_no_issue() -> None:
    assert ward.finding(grams("1000 mg", "1000 mg", "1000 mg", "1000 mg"), at(6), APAP) is None


def test_a_microgram_above_four_grams_is_moderate() -> None:
    doses = grams("1000 mg", "1000 mg", "1000 mg", "1000.001 mg")
    assert ward.severity(doses, at(6), APAP) == "moderate"


def test_exactly_a_quarter_above_the_limit_is_moderate_and_a_microgram_more_is_major() -> None:
    quarter = grams("1000 mg", "1000 mg", "1000 mg", "1000 mg", "1000 mg")
    assert ward.severity(quarter, at(8), APAP) == "moderate"
    more = grams("1000 mg", "1000 mg", "1000 mg", "1000 mg", "1000.001 mg")
    assert ward.severity(more, at(8), APAP) == "major"


def test_a_dose_exactly_24_hours_old_is_out_of_the_window() -> None:
    doses = [dose("baclofen", "60 mg", at(0)), dose("baclofen", "60 mg", at(24))]
    assert ward.finding(doses, at(24)) is None


def test_a_row_may_count_the_dose_that_is_exactly_as_old_as_its_window() -> None:
    closed = limit("baclofen", LimitKind.DAILY, "80 mg", edge="inclusive")
    inclusive = Ward(CumulativeDose(), knowledge(limits={"baclofen": (closed,)}))
    doses = [dose("baclofen", "60 mg", at(0)), dose("baclofen", "60 mg", at(24))]
    found = inclusive.finding(doses, at(24))
    assert found is not None
    assert ("120 mg" in found.text, "in the 24 h up to" in found.text) == (True, True)
    later = [doses[0], dose("baclofen", "60 mg", at(24, seconds=1))]
    assert inclusive.finding(later, at(24, seconds=1)) is None
    assert ward.finding(doses, at(24)) is None


def test_a_dose_one_second_less_than_24_hours_old_counts_when_the_overdose_is_large() -> None:
    doses = [dose("baclofen", "60 mg", at(0)), dose("baclofen", "60 mg", at(24, seconds=-1))]
    assert ward.severity(doses, at(24, seconds=-1)) == "major"
    assert ward.finding(doses, at(24)) is None


def test_a_small_excess_through_a_dose_given_within_the_tolerance_early_is_silent() -> None:
    doses = [dose("baclofen", "20 mg", at(h)) for h in (0, 6, 12, 18, 23)]
    assert ward.finding(doses, at(23)) is None


def test_a_small_excess_through_a_dose_one_second_earlier_than_the_tolerance_is_moderate() -> None:
    doses = [dose("baclofen", "20 mg", at(h)) for h in (0, 6, 12, 18)]
    early = dose("baclofen", "20 mg", at(23, seconds=-1))
    assert ward.severity([*doses, early], at(23, seconds=-1)) == "moderate"


def test_a_large_excess_is_major_however_early_the_dose_was() -> None:
    doses = [dose("baclofen", "50 mg", at(0)), dose("baclofen", "51 mg", at(23.5))]
    assert ward.severity(doses, at(23.5)) == "major"


def test_the_issue_ends_when_the_first_dose_leaves_the_shortened_window() -> None:
    doses: list[PatientFact] = [dose("baclofen", "20 mg", at(h)) for h in (0, 5, 10, 15, 20)]
    assert ward.judge(doses, at(20)).review_at == at(23)
    assert ward.severity(doses, at(23, seconds=-1)) == "moderate"
    assert ward.finding(doses, at(23)) is None


def test_a_voided_dose_silences_the_issue() -> None:
    doses: list[Administration] = [dose("baclofen", "20 mg", at(h)) for h in (0, 5, 10, 15, 20)]
    assert ward.finding([*doses, voided(doses[2], at(21))], at(21)) is None


def test_an_overdose_charted_after_its_window_is_retrospective_and_one_severity_lower() -> None:
    doses: list[PatientFact] = [
        dose("baclofen", "60 mg", at(0)),
        dose("baclofen", "60 mg", at(2), recorded_at=at(30), received_at=at(30)),
    ]
    finding = ward.finding(doses, at(30))
    assert finding is not None
    assert finding.retrospective
    assert finding.severity.value == "moderate"
    assert finding.level == Decimal("1.5")


def test_a_retrospective_overdose_is_shown_for_24_hours_after_its_window_closed() -> None:
    doses: list[PatientFact] = [
        dose("baclofen", "60 mg", at(0)),
        dose("baclofen", "60 mg", at(2), recorded_at=at(30), received_at=at(30)),
    ]
    assert ward.finding(doses, at(48, seconds=-1)) is not None
    assert ward.finding(doses, at(48)) is None


def test_an_overdose_that_was_known_while_it_lasted_is_not_told_again() -> None:
    doses = [dose("baclofen", "60 mg", at(0)), dose("baclofen", "60 mg", at(2))]
    assert ward.finding(doses, at(25)) is None


def test_of_an_infusion_only_the_part_inside_the_window_counts() -> None:
    infusion = dose(APAP, "4800 mg", at(0), lasting=timedelta(hours=48), route=Route.INTRAVENOUS)
    bolus = dose(APAP, "2000 mg", at(24), route=Route.INTRAVENOUS)
    finding = ward.finding([infusion, bolus], at(24), APAP)
    assert finding is not None
    assert finding.evidence["total"] == "4400"


def test_a_running_infusion_is_an_issue_from_the_microsecond_in_which_it_passes_the_limit() -> None:
    infusion = dose(APAP, "5000 mg", at(0), lasting=timedelta(hours=10), route=Route.INTRAVENOUS)
    assert ward.judge([infusion], at(1), APAP).review_at == at(8, microseconds=1)
    assert ward.finding([infusion], at(8), APAP) is None
    finding = ward.finding([infusion], at(8, microseconds=1), APAP)
    assert finding is not None
    assert finding.evidence["total"] == "5000"


def test_the_level_of_a_running_infusion_is_its_peak_from_the_start() -> None:
    infusion = dose(APAP, "5000 mg", at(0), lasting=timedelta(hours=10), route=Route.INTRAVENOUS)
    levels = {f.level for h in (8.5, 9, 10, 12) if (f := ward.finding([infusion], at(h), APAP)) is not None}
    assert levels == {Decimal("1.25")}


def test_tablets_count_through_their_strength() -> None:
    product = tablets(baclofen="10 mg")
    doses: list[PatientFact] = [dose(product, "3 {tablet}", at(h)) for h in (0, 4, 8)]
    finding = ward.finding(doses, at(8))
    assert finding is not None
    assert finding.evidence["total"] == "90"


def test_acetaminophen_in_combination_tablets_adds_to_plain_acetaminophen() -> None:
    product = tablets(hydrocodone="5 mg", acetaminophen="325 mg")
    doses = [dose(product, "2 {tablet}", at(h)) for h in (0, 4)]
    plain = [dose(APAP, "1000 mg", at(h)) for h in (1, 5, 9)]
    finding = ward.finding([*doses, *plain], at(9), APAP)
    assert finding is not None
    assert finding.evidence["total"] == "4300"
    assert len(finding.implicated) == 5


def test_intrathecal_micrograms_never_meet_oral_milligrams() -> None:
    doses = [
        dose("baclofen", "80 mg", at(0)),
        dose("baclofen", "900 ug", at(1), route=Route.INTRATHECAL),
    ]
    assert ward.finding(doses, at(2)) is None
    more = dose("baclofen", "200 ug", at(2), route=Route.INTRATHECAL)
    finding = ward.finding([*doses, more], at(2))
    assert finding is not None
    assert finding.evidence["limit"] == "1"


def test_milligrams_into_the_spine_are_a_thousandfold_overdose() -> None:
    assert ward.severity([dose("baclofen", "50 mg", at(0), route=Route.INTRATHECAL)], at(0)) == "major"


def test_micrograms_without_a_route_do_not_count_as_swallowed() -> None:
    doses: list[PatientFact] = [dose("baclofen", "80 mg", at(0))]
    unknown = dose("baclofen", "90000 ug", at(1), route=Route.UNKNOWN)
    assert ward.finding([*doses, unknown], at(1)) is None


def test_milligrams_without_a_route_count_as_swallowed() -> None:
    doses = [dose("baclofen", "60 mg", at(h), route=Route.UNKNOWN) for h in (0, 4)]
    assert ward.severity(doses, at(4)) == "major"


def test_a_drug_known_by_its_name_only_never_enters_a_sum() -> None:
    doses: list[PatientFact] = [dose(in_words("baclofen syrup"), "60 mg", at(h)) for h in (0, 4)]
    assert ward.finding(doses, at(4)) is None


def test_a_dose_that_was_not_done_does_not_count() -> None:
    doses = [dose("baclofen", "60 mg", at(0)), dose("baclofen", "60 mg", at(4), done=False)]
    assert ward.finding(doses, at(4)) is None


def test_a_dose_that_begins_later_is_not_seen_before() -> None:
    doses: list[PatientFact] = [dose("baclofen", "60 mg", at(h)) for h in (0, 4)]
    early = ward.judge(doses, at(2))
    assert early.findings == ()
    assert early.review_at == at(4)


def test_the_lower_limit_applies_from_the_birthday_on() -> None:
    doses: list[PatientFact] = [dose("citalopram", "25 mg", at(0)), person(60, at(2))]
    assert ward.judge(doses, at(1), "citalopram").review_at == at(2)
    assert ward.finding(doses, at(2, seconds=-1), "citalopram") is None
    assert ward.severity(doses, at(2), "citalopram") == "moderate"


def test_without_a_birth_date_no_limit_for_an_age_is_assumed() -> None:
    assert ward.finding([dose("citalopram", "400 mg", at(0))], at(0), "citalopram") is None


def test_a_weekly_limit_counts_a_week() -> None:
    weekly = limit("baclofen", LimitKind.DAILY, "30 mg", window=timedelta(days=7))
    own = Ward(CumulativeDose(), knowledge(limits=LIMITS | {"baclofen": (weekly,)}))
    doses = [dose("baclofen", "20 mg", at(0)), dose("baclofen", "20 mg", at(days=7, hours=-2))]
    assert own.severity(doses, at(days=7, hours=-2)) == "major"
    assert own.finding([doses[0], dose("baclofen", "20 mg", at(days=7))], at(days=7)) is None


def test_every_dose_and_its_part_stand_in_the_evidence() -> None:
    finding = ward.finding([dose("baclofen", "60 mg", at(h)) for h in (0, 4)], at(4))
    assert finding is not None
    parts = finding.evidence["doses"]
    assert isinstance(parts, list)
    assert [part["counted"] for part in parts if isinstance(part, dict)] == ["60", "60"]
    assert finding.sources[0].row == "baclofen.daily"
