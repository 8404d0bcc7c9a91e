"""One dose of an opioid for somebody who is not used to opioids."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.dosage import Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.judgement import Finding
from services.safety.checks.starting.naive_dose import NaiveDose
from services.safety.knowledge.kinds.naive import NaiveDose as Row
from services.safety.knowledge.kinds.tolerance import Tolerance
from services.safety.knowledge.models import Status
from services.safety.recomputing import recomputed
from tests.brief_knowledge import MOUTH, knowledge, row
from tests.brief_knowledge import amount as quantity
from tests.brief_loads import FACTORS
from tests.builders import at, dosage, dose, encounter, order
from tests.builders import quantity as unit_quantity
from tests.checks.ward import Ward

THREE_DAYS, WEEK = timedelta(days=3), timedelta(days=7)
OXYCODONE = Row(
    **row(
        "naive.oxycodone",
        subject="drug:oxycodone",
        routes=MOUTH,
        single_max=quantity("15 mg"),
        used_to="class:opioid",
        used_for=THREE_DAYS,
        naive_for=2 * WEEK,
        severity=Severity.MAJOR,
    )
)
PATCH = Row(
    **row(
        "naive.fentanyl-patch",
        subject="drug:fentanyl",
        routes=(Route.TRANSDERMAL,),
        avoid=True,
        used_to="class:opioid",
        used_for=WEEK,
        naive_for=WEEK,
        severity=Severity.CONTRAINDICATED,
    )
)
ward = Ward(NaiveDose(), knowledge(rules=(OXYCODONE, PATCH)))
KNOWN: PatientFact = order("ibuprofen", "400 mg", at(days=-14), entity="long ago")
"""The record goes back fourteen days."""


def finding(facts: list[PatientFact], hours: float = 0, **more: float) -> Finding | None:
    return ward.finding([KNOWN, *facts], at(hours, **more))


BOLUS_UP_TO = ward.knowledge.policy.dose.bolus_up_to


@pytest.mark.parametrize(("beyond", "told"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_what_runs_for_longer_than_a_bolus_is_not_had_at_once(beyond: timedelta, *, told: bool) -> None:
    assert (finding([dose("oxycodone", "58 mg", at(0), lasting=BOLUS_UP_TO + beyond)]) is not None) is told


def test_an_order_for_an_infusion_by_the_hour_is_no_dose_at_once() -> None:
    two_an_hour = Rate(amount=unit_quantity("2 mg"), per_seconds=Decimal(3600))
    dosages = (dosage("58 mg", times=None, rate=two_an_hour),)
    assert finding([order("oxycodone", when=at(0), dosages=dosages)]) is None


def test_what_nobody_may_have_who_is_not_used_to_it_may_not_run_slowly_either() -> None:
    patch = dose("fentanyl", "0.6 mg", at(0), route=Route.TRANSDERMAL, lasting=THREE_DAYS)
    assert finding([patch]) is not None


@pytest.mark.parametrize(("stated", "told"), [("15 mg", False), ("15.001 mg", True)])
def test_a_dose_is_too_much_by_a_microgram(stated: str, *, told: bool) -> None:
    assert (finding([dose("oxycodone", stated, at(0))]) is not None) is told
    assert (finding([order("oxycodone", stated, at(0), times=1)]) is not None) is told
    as_needed = order("oxycodone", stated, at(0), times=4, as_needed=True)
    assert (finding([as_needed]) is not None) is told


def test_what_is_told_and_for_how_long() -> None:
    given: list[PatientFact] = [dose("oxycodone", "20 mg", at(0))]
    told = finding(given)
    assert told is not None and told.severity is Severity.MAJOR
    assert told.text.startswith(
        "oxycodone: 20 mg given to somebody who had such drugs for less than 3 d; at most 15 mg at once then."
    )
    made = recomputed(NaiveDose.id, told.evidence)
    assert made is not None and made.agrees and made.shown == 20
    assert finding(given, 24, seconds=-1) is not None
    assert finding(given, 24) is None


def test_three_days_of_any_opioid_are_enough_and_a_second_less_is_not() -> None:
    high = dose("oxycodone", "20 mg", at(72))
    scheduled = order("morphine", "5 mg", at(0), times=6)
    assert finding([scheduled, high], 72) is None
    later = order("morphine", "5 mg", at(0, seconds=1), times=6)
    assert finding([later, high], 72) is not None


def test_an_order_is_in_order_from_when_the_patient_has_become_used_to_it() -> None:
    ordered = [order("morphine", "5 mg", at(0), times=6), order("oxycodone", "20 mg", at(24), times=1)]
    assert finding(ordered, 72, seconds=-1) is not None
    assert finding(ordered, 72) is None


def test_opioids_that_ended_two_weeks_ago_are_forgotten() -> None:
    facts: list[PatientFact] = [
        order("ibuprofen", "400 mg", at(days=-60), entity="longer ago"),
        order("morphine", "5 mg", at(days=-30), times=6, ends_at=at(days=-14)),
    ]
    assert finding([*facts, dose("oxycodone", "20 mg", at(0, seconds=-1))]) is None
    assert finding([*facts, dose("oxycodone", "20 mg", at(0))]) is not None


@pytest.mark.parametrize(
    "use",
    [
        [dose("morphine", "5 mg", at(0), entity="once")],
        [order("morphine", "5 mg", at(-72), times=6, ends_at=at(0), entity="scheduled")],
    ],
)
def test_an_order_that_stands_is_judged_again_when_the_use_of_opioids_has_lapsed(
    use: list[PatientFact],
) -> None:
    facts = [KNOWN, *use, order("oxycodone", "20 mg", at(0), times=4, as_needed=True)]
    lapses = at(days=14)
    assert ward.finding(facts, at(days=14, seconds=-1)) is None
    assert ward.judge(facts, at(days=4)).review_at == lapses
    assert ward.finding(facts, lapses) is not None


def test_an_order_that_stands_is_judged_again_when_the_record_goes_back_far_enough() -> None:
    admitted: list[PatientFact] = [encounter(at(0)), order("oxycodone", "20 mg", at(1), as_needed=True)]
    before = ward.judge(admitted, at(days=14, seconds=-1))
    assert [found.reason for found in before.findings] == [NotAssessedReason.INSUFFICIENT_HISTORY]
    assert before.review_at == at(days=14)
    known = ward.finding(admitted, at(days=14))
    assert known is not None and known.severity is Severity.MAJOR


def test_home_medication_makes_used_to_it() -> None:
    home = order("morphine", "30 mg", at(days=-90), times=2, community=True)
    assert finding([home, dose("oxycodone", "20 mg", at(0))]) is None


def test_a_patch_is_for_nobody_who_is_not_used_to_opioids_whatever_its_strength() -> None:
    patch = dose("fentanyl", "12 ug/h", at(0), route=Route.TRANSDERMAL)
    told = finding([patch])
    assert told is not None and told.severity is Severity.CONTRAINDICATED
    week = order("morphine", "5 mg", at(days=-7), times=6)
    assert finding([week, patch]) is None
    assert finding([dose("fentanyl", "12 ug", at(0), route=Route.INTRAVENOUS)]) is None


def test_a_record_that_does_not_go_back_far_enough_is_not_assessed() -> None:
    admitted: list[PatientFact] = [encounter(at(days=-13)), dose("oxycodone", "20 mg", at(0))]
    told = ward.finding(admitted, at(0))
    assert told is not None and told.reason is NotAssessedReason.INSUFFICIENT_HISTORY
    assert ward.finding([encounter(at(-1)), dose("oxycodone", "15 mg", at(0))], at(0)) is None


def makes_used(name: str, drug: str = "drug:morphine", **more: object) -> Tolerance:
    return Tolerance(**row(f"tolerance.{name}", **{"subject": drug, "routes": MOUTH} | more))


NEEDLE = (Route.INTRAVENOUS,)
TOLERANCES = (
    makes_used("morphine", daily_from=quantity("60 mg")),
    makes_used("morphine.needle", routes=NEEDLE, daily_from=quantity("20 mg")),
    makes_used("oxycodone", "drug:oxycodone", daily_from=quantity("30 mg")),
    makes_used(
        "patch",
        "drug:fentanyl",
        routes=(Route.TRANSDERMAL,),
        per_hour_from=quantity("25 ug"),
        worn_for=timedelta(hours=72),
    ),
    makes_used("others", "class:opioid", mme_from=Decimal(60)),
)
ENOUGH = PATCH.model_copy(update={"enough": True})
strict = Ward(NaiveDose(), knowledge(rules=(OXYCODONE, ENOUGH, *FACTORS, *TOLERANCES)))
NEW_PATCH = dose("fentanyl", "25 ug/h", at(1), route=Route.TRANSDERMAL)


def on_opioids(*facts: PatientFact, hours: float = 1) -> Finding | None:
    return strict.finding([KNOWN, *facts], at(hours))


def week_of(drug: str, amount: str, route: Route = Route.ORAL) -> list[PatientFact]:
    """Twice a day for a week, the first dose seven days before the patch."""
    return [dose(drug, amount, at(1 - 24 * 7 + 12 * n), route=route, entity=f"{drug} {n}") for n in range(14)]


@pytest.mark.parametrize(
    ("drug", "enough", "too_little"),
    [
        ("morphine", "30 mg", "29.9 mg"),
        ("oxycodone", "15 mg", "14.9 mg"),
        ("hydrocodone", "30 mg", "29.9 mg"),
    ],
)
def test_a_patch_is_for_who_had_60_mg_of_morphine_a_day_or_as_much_of_another_opioid_for_a_week(
    drug: str, enough: str, too_little: str
) -> None:
    assert on_opioids(*week_of(drug, enough), NEW_PATCH) is None
    told = on_opioids(*week_of(drug, too_little), NEW_PATCH)
    assert told is not None and told.severity is Severity.CONTRAINDICATED
    assert "had 99 % of what makes used to such drugs in the 7 d before" in told.text


def test_what_was_given_into_a_vein_counts_by_its_own_figure() -> None:
    assert on_opioids(*week_of("morphine", "10 mg", Route.INTRAVENOUS), NEW_PATCH) is None
    told = on_opioids(*week_of("morphine", "9 mg", Route.INTRAVENOUS), NEW_PATCH)
    assert told is not None and "had 90 %" in told.text


def test_the_shares_of_several_opioids_add_up() -> None:
    half = week_of("morphine", "15 mg")
    assert on_opioids(*half, *week_of("oxycodone", "7.5 mg"), NEW_PATCH) is None
    assert on_opioids(*half, *week_of("oxycodone", "7.4 mg"), NEW_PATCH) is not None


def test_a_patch_that_follows_a_week_of_patches_is_no_first_one() -> None:
    worn: list[PatientFact] = [
        dose("fentanyl", "25 ug/h", at(1 - 24 * 8 + 72 * n), route=Route.TRANSDERMAL, entity=f"patch {n}")
        for n in range(3)
    ]
    assert on_opioids(*worn, NEW_PATCH) is None
    weaker = [
        dose("fentanyl", "12 ug/h", at(1 - 24 * 8 + 72 * n), route=Route.TRANSDERMAL, entity=f"patch {n}")
        for n in range(3)
    ]
    assert on_opioids(*weaker, NEW_PATCH) is not None


def test_home_medication_counts_as_it_is_scheduled() -> None:
    def home(amount: str) -> PatientFact:
        return order("morphine", amount, at(days=-90), times=2, community=True, entity="home")

    assert on_opioids(home("30 mg"), NEW_PATCH) is None
    assert on_opioids(home("29.9 mg"), NEW_PATCH) is not None


def test_an_order_for_a_patch_is_held_against_the_week_before_it_and_is_in_order_a_week_later() -> None:
    patch = order("fentanyl", "25 ug/h", at(1), route=Route.TRANSDERMAL, every=timedelta(hours=72))
    facts = [*week_of("morphine", "20 mg"), patch]
    assert strict.judge([KNOWN, *facts], at(2)).review_at == at(1 + 24 * 7)
    assert on_opioids(*facts, hours=24 * 7) is not None
    assert on_opioids(*facts, hours=24 * 7 + 1) is None


def test_a_dose_of_the_week_before_that_is_charted_late_takes_the_finding_back() -> None:
    facts = [*week_of("morphine", "30 mg")[1:], NEW_PATCH]
    assert on_opioids(*facts) is not None
    assert on_opioids(*facts, week_of("morphine", "30 mg")[0]) is None


@pytest.mark.parametrize(
    "uncharted",
    [
        order("morphine", "15 mg", at(days=-8), times=4, entity="never charted"),
        order("fentanyl", "25 ug/h", at(days=-8), route=Route.TRANSDERMAL, times=1, entity="never charted"),
    ],
)
def test_an_order_of_the_ward_of_which_nothing_is_charted_leaves_unknown_who_is_used_to_opioids(
    uncharted: PatientFact,
) -> None:
    told = on_opioids(uncharted, *week_of("oxycodone", "1 mg"), NEW_PATCH)
    assert told is not None and told.reason is NotAssessedReason.INSUFFICIENT_HISTORY
    assert "how much they had in the 7 d before cannot be worked out" in told.text


def test_an_order_of_too_little_that_is_not_charted_makes_nobody_used_to_it() -> None:
    little = order("morphine", "14 mg", at(days=-8), times=4, entity="never charted")
    told = on_opioids(little, NEW_PATCH)
    assert told is not None and told.severity is Severity.CONTRAINDICATED


def test_a_dose_without_a_figure_leaves_unknown_how_much_there_was() -> None:
    under_the_skin = dose("morphine", "1 mg", at(-2), route=Route.SUBCUTANEOUS, entity="no figure")
    told = on_opioids(*week_of("morphine", "5 mg"), under_the_skin, NEW_PATCH)
    assert told is not None and told.reason is NotAssessedReason.INSUFFICIENT_HISTORY


def test_by_a_draft_nobody_is_used_to_opioids_and_nobody_is_told_not_to_be() -> None:
    drafts = [each.model_copy(update={"status": Status.DRAFT}) for each in TOLERANCES]
    by_draft = Ward(NaiveDose(), knowledge(rules=(OXYCODONE, ENOUGH, *FACTORS, *drafts)))
    told = by_draft.finding([KNOWN, *week_of("morphine", "30 mg"), NEW_PATCH], at(1))
    assert told is not None and told.reason is NotAssessedReason.INSUFFICIENT_HISTORY
    told = by_draft.finding([KNOWN, *week_of("morphine", "29 mg"), NEW_PATCH], at(1))
    assert told is not None and told.severity is Severity.CONTRAINDICATED
