"""What a lifetime allows of a drug, over all that the record holds."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.doses.lifetime_dose import LifetimeTotal
from services.safety.checks.judgement import Finding
from services.safety.knowledge.kinds.lifetime import LifetimeDose
from services.safety.knowledge.models import EvidenceCode, PatientCondition
from services.safety.ledger.folding import folded
from services.safety.ledger.pruning import horizon, prune
from services.safety.recomputing import recomputed
from tests.brief_knowledge import amount, knowledge, row
from tests.builders import at, condition, dose, observation, order, voided
from tests.checks.ward import Ward

DRUG = "morphine"
VEIN = Route.INTRAVENOUS
IRRADIATED = PatientCondition(
    condition="irradiation of the chest", codes=(EvidenceCode(system="icd10", code="Z923"),)
)


def rule(value: str, name: str, **more: Any) -> LifetimeDose:
    stated = {
        "subject": f"drug:{DRUG}",
        "routes": (VEIN,),
        "value": amount(value),
        "severity": Severity.MAJOR,
    }
    return LifetimeDose(**row(f"lifetime.{name}", **(stated | more)))


BASE = knowledge(
    rules=(rule("500 mg", "usual", per="m2"), rule("400 mg", "irradiated", per="m2", only_in=IRRADIATED))
)
ward = Ward(LifetimeTotal(), BASE)
YEAR = 365 * 24


def course(*amounts: str, every: int = 21 * 24, first: float = 0) -> list[PatientFact]:
    return [
        dose(DRUG, each, at(first + n * every), route=VEIN, entity=f"c{n}") for n, each in enumerate(amounts)
    ]


def body(hours: float) -> list[PatientFact]:
    """Two square metres."""
    return [
        observation("29463-7", "72 kg", at(hours), entity="weight"),
        observation("8302-2", "200 cm", at(hours), entity="height"),
    ]


def judged(facts: list[PatientFact], hours: float) -> dict[str, Finding]:
    found = ward.judge(facts, at(hours), DRUG).findings
    return {each.reason.value if each.reason is not None else "over": each for each in found}


def test_a_thousand_milligrams_in_two_square_metres_are_allowed_and_a_microgram_more_is_not() -> None:
    last = 9 * 21 * 24
    ten = course(*["100 mg"] * 10)
    assert "over" not in judged([*body(last), *ten], last)
    found = judged([*body(last), *ten, dose(DRUG, "0.001 mg", at(last), route=VEIN, entity="more")], last)
    over = found["over"]
    assert over.severity is Severity.MAJOR
    assert "1000.001 mg given make 1000.001 mg in all that is known" in over.text
    assert "most of a lifetime 1000 mg (500 mg/m2, 2 m2)" in over.text
    assert {"weight", "height", "more", "c0"} <= set(over.implicated)


def test_no_dose_is_too_old_to_count() -> None:
    years_ago = course("900 mg", first=-20 * YEAR)
    now = [*body(0), *years_ago, dose(DRUG, "100.001 mg", at(0), route=VEIN, entity="now")]
    assert "over" in judged(now, 0)


def test_doses_that_count_for_a_lifetime_outlive_the_horizon_and_nothing_else_does() -> None:
    facts = [*course("900 mg"), dose("baclofen", "10 mg", at(0), entity="tablet")]
    ledger = folded(facts, BASE)
    assert horizon(BASE) < timedelta(days=60)
    left, gone = prune(ledger, at(10 * YEAR), (DRUG, "baclofen"), (), BASE)
    assert gone == ("tablet",)
    assert DRUG in left.given and "c0" in left.facts


def test_the_dose_ordered_next_is_told_before_it_is_given() -> None:
    given = course("950 mg")
    ordered = order(DRUG, "50.001 mg", at(1), times=1, route=VEIN, entity="next")
    found = judged([*body(0), *given, ordered], 2)
    assert "950 mg given and 50.001 mg ordered next make 1000.001 mg" in found["over"].text
    answered = dose(DRUG, "50 mg", at(3), route=VEIN, order="next", entity="done")
    assert "over" not in judged([*body(0), *given, ordered, answered], 4)


def test_a_voided_dose_never_counted() -> None:
    extra = dose(DRUG, "500 mg", at(5), route=VEIN, entity="extra")
    facts = [*body(0), *course("900 mg"), extra]
    assert "over" in judged(facts, 6)
    assert "over" not in judged([*facts, voided(extra, at(7))], 8)


def test_radiotherapy_of_the_chest_lowers_the_most() -> None:
    facts = [*body(0), *course("800.001 mg")]
    assert "over" not in judged(facts, 1)
    over = judged([*facts, condition("icd10|Z92.3", at(-1), entity="radiotherapy")], 1)["over"]
    assert "most of a lifetime in irradiation of the chest 800 mg (400 mg/m2, 2 m2)" in over.text
    assert "radiotherapy" in over.implicated


def test_below_the_most_it_is_said_that_earlier_doses_are_not_known() -> None:
    found = judged([*body(0), *course("100 mg")], 1)
    assert set(found) == {"insufficient-history"}
    assert "begins on 2026-03-02" in found["insufficient-history"].text


def test_without_a_body_surface_nothing_is_assumed_and_a_dose_in_another_unit_is_said() -> None:
    assert set(judged(course("100 mg"), 1)) == {"missing-weight"}
    units = dose(DRUG, "5 mL", at(0), route=VEIN, entity="volume")
    assert set(judged([*body(0), units], 1)) == {"insufficient-history", "unconvertible-unit"}


def test_a_day_after_the_last_dose_it_is_over_and_the_review_is_then() -> None:
    facts = [*body(0), *course("1000.001 mg")]
    assert "over" in judged(facts, 23.99)
    assert ward.judge(facts, at(1), DRUG).review_at == at(24)
    assert judged(facts, 24) == {}


def test_the_number_can_be_made_again_from_what_is_shown_even_of_a_long_course() -> None:
    facts = [*body(60 * 21 * 24), *course(*["20 mg"] * 61)]
    over = judged(facts, 60 * 21 * 24)["over"]
    made = recomputed(LifetimeTotal.id, over.evidence)
    assert made is not None and made.agrees and made.shown == Decimal(1220)
    assert len(over.evidence["doses"]) == 41  # type: ignore[arg-type]
