"""The base as shipped: sound, sourced, and enough for the story it is shown with."""

from datetime import timedelta

import pytest

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.census import rows_of
from services.safety.knowledge.depressants import AlcoholTier
from services.safety.knowledge.kinds.after_effect import AfterEffect
from services.safety.knowledge.kinds.first_dose import FirstDose
from services.safety.knowledge.loader import layers, load
from services.safety.knowledge.models import Certainty, Limit, LimitKind, Reckoning, Status

STORY = [
    "baclofen",
    "tizanidine",
    "dantrolene",
    "diazepam",
    "lorazepam",
    "clonazepam",
    "midazolam",
    "propofol",
    "dexmedetomidine",
    "gabapentin",
    "pregabalin",
    "dalfampridine",
    "oxybutynin",
    "amitriptyline",
    "trazodone",
    "mirtazapine",
    "citalopram",
    "sertraline",
    "lithium",
    "levodopa",
    "morphine",
    "oxycodone",
    "hydrocodone",
    "hydromorphone",
    "fentanyl",
    "tramadol",
    "codeine",
    "acetaminophen",
    "ibuprofen",
    "ketorolac",
    "lisinopril",
    "metoprolol",
    "clonidine",
    "haloperidol",
    "quetiapine",
    "diphenhydramine",
    "zolpidem",
    "phenobarbital",
    "metformin",
]


def limit(base: KnowledgeBase, ingredient: str, kind: LimitKind, route: Route) -> Limit:
    """The one row for adults whose age and illnesses do not matter."""
    (row,) = (
        row
        for row in base.limits(ingredient, kind)
        if route in row.routes and row.age_from is None and row.age_below is None and row.only_in is None
    )
    return row


def test_the_shipped_files_are_without_errors() -> None:
    assert layers()[2] == []


@pytest.mark.parametrize("drug", STORY)
def test_drugs_that_a_person_on_baclofen_meets(base: KnowledgeBase, drug: str) -> None:
    known = base.drug(drug)
    assert known is not None
    assert known.drug == drug


def test_every_source_checked_row_quotes_its_source(base: KnowledgeBase) -> None:
    checked = [row for row in rows_of(base) if row.status is Status.SOURCE_CHECKED]
    assert len(checked) >= 40
    assert [row.id for row in checked if not row.source.quote or not row.checked_on] == []
    assert {row.certainty for row in checked} == {Certainty.READ}


def test_no_shipped_row_is_approved_and_drafts_are_shadow(base: KnowledgeBase) -> None:
    rows = rows_of(base)
    assert {row.status for row in rows} == {Status.DRAFT, Status.SOURCE_CHECKED}
    assert all(row.shadow == (row.status is Status.DRAFT) for row in rows)


def test_baclofen_by_mouth_at_most_80_mg_a_day_and_20_mg_at_once(base: KnowledgeBase) -> None:
    daily = limit(base, "baclofen", LimitKind.DAILY, Route.ORAL)
    single = limit(base, "baclofen", LimitKind.SINGLE, Route.ORAL)
    assert (str(daily.value), str(single.value)) == ("80 mg", "20 mg")
    assert not daily.shadow and not single.shadow
    assert "80 mg daily" in source_ref(daily).quote


def test_intrathecal_baclofen_is_a_dose_space_of_its_own_in_micrograms(base: KnowledgeBase) -> None:
    row = limit(base, "baclofen", LimitKind.SINGLE, Route.INTRATHECAL)
    assert str(row.value) == "100 ug"
    assert row.routes == (Route.INTRATHECAL,)


def test_baclofen_acetaminophen_and_opioids_are_counted_over_24_hours_and_not_by_the_calendar(
    base: KnowledgeBase,
) -> None:
    drugs = ["baclofen", "acetaminophen", *base.members("class:opioid")]
    rows = [row for drug in drugs for row in base.limits(drug, LimitKind.DAILY)]
    assert {"baclofen.daily.us", "acetaminophen.daily.us", "tramadol.daily.us"} <= {row.id for row in rows}
    assert {(row.reckoning, row.window) for row in rows} == {(Reckoning.ROLLING, timedelta(hours=24))}


def test_the_british_limit_is_a_row_of_its_jurisdiction() -> None:
    british = load(jurisdiction="GB")
    daily = limit(british, "baclofen", LimitKind.DAILY, Route.ORAL)
    assert str(daily.value) == "100 mg"
    assert not daily.shadow
    assert {row.jurisdiction for row in rows_of(british)} == {"any", "GB"}


def test_baclofen_must_not_be_stopped_at_once(base: KnowledgeBase) -> None:
    oral, intrathecal = base.withdrawal("baclofen")
    for row in (oral, intrathecal):
        assert (row.missed_slots, row.used_for.days, row.severity) == (2, 7, Severity.MAJOR)
        assert not row.shadow
    assert oral.taper is not None
    assert (intrathecal.routes, intrathecal.taper) == ((Route.INTRATHECAL,), None)


def test_alcohol_with_baclofen_by_tier_of_proof(base: KnowledgeBase) -> None:
    (row,) = (row for row in base.alcohol_rules if base.selected(row.subject, "baclofen"))
    assert row.tiers == {
        AlcoholTier.MEASURED: Severity.MODERATE,
        AlcoholTier.SCREENED: Severity.MODERATE,
        AlcoholTier.DIAGNOSED: Severity.MODERATE,
        AlcoholTier.OBSERVED: Severity.MINOR,
    }
    assert (str(row.acute_from), row.acute_severity) == ("80 mg/dL", Severity.MAJOR)
    assert not row.shadow


def test_baclofen_lorazepam_and_oxycodone_are_three_sedating_classes(base: KnowledgeBase) -> None:
    counted = frozenset(base.cns_load.classes)
    classes = [base.classes_of(drug) & counted for drug in ("baclofen", "lorazepam", "oxycodone")]
    assert classes == [{"gaba-b-agonist"}, {"benzodiazepine"}, {"opioid"}]
    assert base.cns_load.severity_by_count == {2: Severity.MODERATE, 3: Severity.MAJOR}
    assert not base.cns_load.shadow


def test_a_drug_counts_in_one_sedating_class_only(base: KnowledgeBase) -> None:
    counted = frozenset(base.cns_load.classes)
    assert {drug for drug in base.drugs if len(base.classes_of(drug) & counted) > 1} == set()


def test_acetaminophen_counts_by_all_ways_together(base: KnowledgeBase) -> None:
    row = limit(base, "acetaminophen", LimitKind.DAILY, Route.ORAL)
    assert str(row.value) == "4000 mg"
    assert {Route.ORAL, Route.RECTAL, Route.INTRAVENOUS} <= set(row.routes)
    assert not row.shadow


@pytest.mark.parametrize(
    "other", ["amitriptyline", "lithium", "levodopa", "oxycodone", "lorazepam", "lisinopril"]
)
def test_what_baclofen_interacts_with(base: KnowledgeBase, other: str) -> None:
    rows = [
        row
        for row in base.interactions_of("baclofen")
        if any(base.selected(selector, other) for selector in row.between)
    ]
    assert rows
    assert not any(row.shadow for row in rows)


def test_selectors_name_a_drug_or_a_class(base: KnowledgeBase) -> None:
    assert base.selected("drug:baclofen", "baclofen")
    assert base.selected("class:opioid", "morphine")
    assert not base.selected("class:opioid", "baclofen")
    assert not base.selected("class:nothing", "baclofen")


@pytest.mark.parametrize("effect", ["weakness", "dizziness", "drowsiness"])
def test_what_may_make_a_patient_on_baclofen_fall_names_fall_advice_and_physical_therapy(
    base: KnowledgeBase, effect: str
) -> None:
    (row,) = (row for row in base.rules_of("baclofen", AfterEffect) if row.effect == effect)
    assert "Prevent falls" in row.action
    assert "physical therapy" in row.action
    assert not row.shadow


@pytest.mark.parametrize("effect", ["headache", "fatigue", "urinary frequency", "low blood pressure"])
def test_the_other_side_effects_of_baclofen_are_coded_and_sourced(base: KnowledgeBase, effect: str) -> None:
    (row,) = (row for row in base.rules_of("baclofen", AfterEffect) if row.effect == effect)
    assert row.signs and row.conditions
    assert not row.shadow


def test_a_child_in_the_united_kingdom_has_40_mg_below_eight_60_mg_then_and_2_mg_per_kilogram() -> None:
    british = load(jurisdiction="GB")
    rows = [row for row in british.limits("baclofen", LimitKind.DAILY) if Route.ORAL in row.routes]
    children = {(str(row.value), row.per, row.age_from, row.age_below) for row in rows if row.age_below}
    assert children == {
        ("40 mg", None, None, 8),
        ("60 mg", None, 8, 18),
        ("2 mg", "kg", None, 18),
    }
    assert not any(row.shadow for row in rows if row.age_below)
    (start,) = (row for row in british.rules_of("baclofen", FirstDose) if row.per)
    assert (str(start.daily_max), start.age_below, start.shadow) == ("0.3 mg", 18, False)
