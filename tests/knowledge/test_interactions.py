"""Shipped interactions that depend on more than the two drugs, at both sides of what they depend on."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from schemas.clinical import Order, PatientFact
from schemas.medications import Coding, Medication
from services.safety.checks.together.interaction import DrugInteraction
from services.safety.knowledge.loader import load
from tests.builders import at, condition, dose, observation, order, person
from tests.checks.ward import Ward

BASE = load()
ward = Ward(DrugInteraction(), BASE)


def named(*drugs: str, when: datetime | None = None) -> list[PatientFact]:
    """An order of each drug, by its name."""
    return [order(Medication(text=drug), entity=drug, when=when or at(0)) for drug in drugs]


def daily(drug: str, amount: str) -> Order:
    """A drug by its code, once a day."""
    code = BASE.drugs[drug].codes.rxnorm[0]
    product = Medication(text=drug, codings=(Coding(system="rxnorm", code=code, display=drug),))
    return order(product, amount, times=1, entity=drug)


def told(one: str, other: str, facts: Iterable[PatientFact], now: datetime) -> str | None:
    """How bad a pair is, None where nothing is said of it; drafts do not count."""
    subject = "|".join(sorted((one, other)))
    found = [f for f in ward.judge(list(facts), now).findings if f.subject == subject and not f.shadow]
    return found[0].severity.value if found else None


def potassium(value: str) -> PatientFact:
    return observation("2823-3", f"{value} mmol/L")


def egfr(value: str) -> PatientFact:
    return observation("98979-8", f"{value} mL/min/{{1.73_m2}}")


@pytest.mark.parametrize(
    ("statin", "other", "most"),
    [
        ("simvastatin", "amlodipine", 20),
        ("simvastatin", "amiodarone", 20),
        ("simvastatin", "diltiazem", 10),
        ("simvastatin", "verapamil", 10),
        ("lovastatin", "amiodarone", 40),
    ],
)
def test_a_statin_is_capped_by_the_drug_beside_it(statin: str, other: str, most: int) -> None:
    assert told(statin, other, [daily(statin, f"{most} mg"), *named(other)], at(0)) is None
    assert told(statin, other, [daily(statin, f"{most}.001 mg"), *named(other)], at(0)) is not None


def test_citalopram_above_20_mg_with_omeprazole() -> None:
    assert (
        told("citalopram", "omeprazole", [daily("citalopram", "20 mg"), *named("omeprazole")], at(0)) is None
    )
    above = [daily("citalopram", "20.001 mg"), *named("omeprazole")]
    assert told("citalopram", "omeprazole", above, at(0)) == "moderate"


@pytest.mark.parametrize("other", ["spironolactone", "potassium chloride"])
def test_potassium_decides_beside_an_ace_inhibitor(other: str) -> None:
    pair = named("lisinopril", other)
    assert told("lisinopril", other, pair, at(1)) == "minor"
    assert told("lisinopril", other, [*pair, potassium("4.99")], at(1)) == "minor"
    assert told("lisinopril", other, [*pair, potassium("5")], at(1)) == "moderate"
    assert told("lisinopril", other, [*pair, potassium("5.49")], at(1)) == "moderate"
    assert told("lisinopril", other, [*pair, potassium("5.5")], at(1)) == "major"
    assert told("lisinopril", other, [*pair, potassium("5"), egfr("29")], at(1)) == "major"
    assert told("lisinopril", other, [*pair, potassium("5.5")], at(48)) == "minor"


def test_an_nsaid_with_an_ace_inhibitor_pages_only_with_a_diuretic() -> None:
    pair = named("lisinopril", "ibuprofen")
    assert told("lisinopril", "ibuprofen", pair, at(0)) == "minor"
    three = [*pair, *named("furosemide")]
    assert told("lisinopril", "ibuprofen", three, at(0)) == "moderate"
    assert told("lisinopril", "ibuprofen", [*three, egfr("29")], at(1)) == "major"


def test_warfarin_with_an_nsaid_by_risk_and_protection_of_the_stomach() -> None:
    pair = named("warfarin", "ibuprofen")
    assert told("warfarin", "ibuprofen", [*pair, person(64.99)], at(0)) == "moderate"
    for risk in (person(65), *named("prednisone", "spironolactone"), condition("icd10|K25.4")):
        assert told("warfarin", "ibuprofen", [*pair, risk], at(0)) == "major"
        protected = [*pair, risk, *named("pantoprazole")]
        assert told("warfarin", "ibuprofen", protected, at(0)) == "moderate"
    assert told("warfarin", "ibuprofen", [*pair, *named("pantoprazole")], at(0)) == "moderate"


def test_an_nsaid_with_a_corticosteroid_pages_unless_the_stomach_is_protected() -> None:
    pair = named("ibuprofen", "prednisone")
    assert told("ibuprofen", "prednisone", pair, at(0)) == "moderate"
    assert told("ibuprofen", "prednisone", [*pair, *named("omeprazole")], at(0)) == "minor"


@pytest.mark.parametrize(
    ("earlier", "later", "span"),
    [
        ("fluoxetine", "phenelzine", timedelta(weeks=5)),
        ("sertraline", "phenelzine", timedelta(days=14)),
        ("phenelzine", "fluoxetine", timedelta(days=14)),
        ("phenelzine", "sumatriptan", timedelta(days=14)),
        ("sumatriptan", "phenelzine", timedelta(hours=24)),
        ("amiodarone", "warfarin", timedelta(days=60)),
        ("warfarin", "amiodarone", timedelta(hours=24)),
        ("tadalafil", "nitroglycerin", timedelta(hours=48)),
        ("sildenafil", "nitroglycerin", timedelta(hours=24)),
        ("disulfiram", "metronidazole", timedelta(days=14)),
        ("methotrexate", "trimethoprim", timedelta(days=7)),
    ],
)
def test_a_drug_counts_for_its_own_time_after_its_last_dose(
    earlier: str, later: str, span: timedelta
) -> None:
    last = dose(Medication(text=earlier), "10 mg", at(0), entity="last")
    facts = [last, *named(later, when=at(0) + span - timedelta(hours=1))]
    assert told(earlier, later, facts, at(0) + span - timedelta(seconds=1)) is not None
    assert told(earlier, later, facts, at(0) + span) is None


@pytest.mark.parametrize(
    ("drug", "span"),
    [
        ("phenelzine", timedelta(days=14)),
        ("tranylcypromine", timedelta(days=14)),
        ("isocarboxazid", timedelta(days=14)),
        ("selegiline", timedelta(days=14)),
        ("rasagiline", timedelta(days=14)),
        ("fluoxetine", timedelta(weeks=5)),
        ("amiodarone", timedelta(days=60)),
    ],
)
def test_what_leaves_the_body_in_weeks_counts_for_them_in_every_pair(drug: str, span: timedelta) -> None:
    rows = BASE.interactions_of(drug)
    sides = [(row, side) for row in rows for side in row.between if BASE.selected(side, drug)]
    assert sides
    assert [row.id for row, side in sides if row.active_for(side, drug) < span] == []


@pytest.mark.parametrize(
    ("one", "other", "severity"),
    [
        ("dofetilide", "hydrochlorothiazide", "contraindicated"),
        ("dofetilide", "trimethoprim", "contraindicated"),
        ("dofetilide", "verapamil", "contraindicated"),
        ("sildenafil", "nitroglycerin", "contraindicated"),
        ("warfarin", "metronidazole", "major"),
        ("warfarin", "sulfamethoxazole", "major"),
        ("warfarin", "fluconazole", "major"),
        ("warfarin", "rifampin", "major"),
        ("warfarin", "aspirin", "moderate"),
        ("lithium", "hydrochlorothiazide", "moderate"),
        ("digoxin", "amiodarone", "moderate"),
        ("digoxin", "verapamil", "moderate"),
        ("clopidogrel", "omeprazole", "moderate"),
        ("valproic acid", "meropenem", "major"),
        ("lamotrigine", "valproic acid", "moderate"),
        ("carbamazepine", "clarithromycin", "moderate"),
        ("verapamil", "metoprolol", "major"),
        ("dantrolene", "verapamil", "major"),
        ("methotrexate", "trimethoprim", "major"),
        ("methotrexate", "ibuprofen", "moderate"),
        ("colchicine", "clarithromycin", "major"),
        ("colchicine", "ritonavir", "major"),
        ("colchicine", "cyclosporine", "major"),
        ("theophylline", "ciprofloxacin", "major"),
        ("theophylline", "fluvoxamine", "major"),
        ("allopurinol", "azathioprine", "major"),
        ("simvastatin", "gemfibrozil", "contraindicated"),
        ("simvastatin", "cyclosporine", "contraindicated"),
        ("digoxin", "cyclosporine", "moderate"),
        ("apixaban", "ibuprofen", "moderate"),
        ("apixaban", "aspirin", "moderate"),
        ("apixaban", "clopidogrel", "moderate"),
        ("apixaban", "itraconazole", "major"),
        ("apixaban", "rifampin", "major"),
        ("tramadol", "carbamazepine", "moderate"),
        ("tramadol", "amitriptyline", "moderate"),
        ("sumatriptan", "ergotamine", "contraindicated"),
        ("linezolid", "trazodone", "moderate"),
        ("linezolid", "tramadol", "moderate"),
    ],
)
def test_pairs_that_wards_know(one: str, other: str, severity: str) -> None:
    assert told(one, other, named(one, other), at(0)) == severity


@pytest.mark.parametrize(("rate", "severity"), [("30", "major"), ("29.9", "contraindicated")])
def test_colchicine_by_the_kidneys(rate: str, severity: str) -> None:
    pair = named("colchicine", "clarithromycin")
    assert told("colchicine", "clarithromycin", [*pair, egfr(rate)], at(1)) == severity


@pytest.mark.parametrize("other", ["azithromycin", "pantoprazole"])
def test_the_drug_to_change_to_is_not_told(other: str) -> None:
    assert told("carbamazepine", other, named("carbamazepine", other), at(0)) is None
    assert told("clopidogrel", other, named("clopidogrel", other), at(0)) is None
