"""NutritionOrder and ODS: who is to get nothing by mouth, and who is not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Condition, FactStatus
from schemas.nothing_by_mouth import NOTHING_BY_MOUTH, orders_nothing_by_mouth
from services.intake.door import Door
from tests.intake.hl7v2_writing import LIVE, NOW, PV1, fields, message, only, refusals, told
from tests.intake.writing import at, describe, one, read_fhir, rejected

NPO = {"coding": [{"system": "http://snomed.info/sct", "code": "182923009"}]}


def nutrition(kind: Any = NPO, **more: Any) -> dict[str, Any]:
    """A NutritionOrder; `oral` adds to its oral diet."""
    oral = {"type": [kind]} | more.pop("oral", {})
    return {
        "resourceType": "NutritionOrder",
        "id": "n",
        "status": "active",
        "intent": "order",
        "patient": {"reference": "Patient/ada"},
        "encounter": {"reference": "Encounter/e"},
        "dateTime": "2026-03-02T08:00:00Z",
        "oralDiet": oral,
    } | more


def by_fhir(directory: Path, *arguments: Any, **more: Any) -> Condition:
    return one(read_fhir(directory, nutrition(*arguments, **more)), Condition)


def ods(*codes: str, text: str = "", kind: str = "D") -> str:
    return fields("ODS", f1=kind, f3="~".join(codes), f4=text)


def by_hl7(*segments: str, control: str = "NW", kind: str = "OMD^O03", orc: str = "") -> Condition:
    ordered = orc or f"ORC|{control}|D7^CPOE|||||||20260301080000+0100"
    return only(told(message(kind, PV1, ordered, *segments)), Condition)


def test_a_nutrition_order_for_nothing_by_mouth_holds_from_when_it_was_ordered(tmp_path: Path) -> None:
    found = by_fhir(tmp_path)
    assert orders_nothing_by_mouth(found)
    assert (found.codings, found.entity, found.visit) == (
        (NOTHING_BY_MOUTH,),
        "NutritionOrder/n",
        "Encounter/e",
    )
    assert (found.effective_at, found.abated_at) == (at("2026-03-02T08:00:00"), None)


def test_its_schedule_says_from_when_until_when(tmp_path: Path) -> None:
    span = {"start": "2026-03-03T00:00:00Z", "end": "2026-03-03T12:00:00Z"}
    found = by_fhir(tmp_path, oral={"schedule": [{"repeat": {"boundsPeriod": span}}]})
    assert (found.effective_at, found.abated_at) == (at("2026-03-03T00:00:00"), at("2026-03-03T12:00:00"))


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("NPO", True), ("N.P.O.", True), ("Strict NPO", True), ("Nil by mouth", True), ("NBM", True),
        ("NPO (nothing by mouth)", True), ("NPO except ice chips", True),
        ("NPO including meds", True),
        ("NPO except meds", False), ("NPO except for oral medications", False),
        ("NPO, sips with pills", False),
        ("NPO after midnight", False), ("NPO 0800", False), ("Regular", False), ("Not NPO", False),
        ("", False),
    ],
)  # fmt: skip
def test_only_what_surely_says_so_is_nothing_by_mouth(words: str, *, means: bool, tmp_path: Path) -> None:
    assert orders_nothing_by_mouth(by_fhir(tmp_path, {"text": words})) is means
    if words:
        assert orders_nothing_by_mouth(by_hl7(ods(f"X1^{words}^L"))) is means


@pytest.mark.parametrize("words", ["May take medications with sips", "after midnight"])
def test_what_the_order_says_beside_its_code_may_make_it_another(words: str, tmp_path: Path) -> None:
    assert not orders_nothing_by_mouth(by_fhir(tmp_path, oral={"instruction": words}))
    assert not orders_nothing_by_mouth(by_fhir(tmp_path, note=[{"text": words}]))
    assert not orders_nothing_by_mouth(by_hl7(ods("NPO^^L", text=words)))
    assert not orders_nothing_by_mouth(by_hl7(ods("NPO^^L"), f"NTE|1||{words}"))


@pytest.mark.parametrize(
    ("changed", "active", "status"),
    [({"status": "revoked"}, False, "stated"), ({"status": "completed"}, False, "stated"),
     ({"status": "on-hold"}, False, "stated"), ({"status": "draft"}, False, "stated"),
     ({"intent": "proposal"}, False, "stated"), ({"status": "entered-in-error"}, False, "entered-in-error")],
)  # fmt: skip
def test_an_order_that_is_not_in_force_asks_for_nothing(
    changed: dict[str, str], *, active: bool, status: str, tmp_path: Path
) -> None:
    found = by_fhir(tmp_path, **changed)
    assert (found.active, found.status) == (active, FactStatus(status))


def test_an_unknown_status_is_rejected_and_leaves_a_mark(tmp_path: Path) -> None:
    refused = rejected(read_fhir(tmp_path, nutrition(status="unknown")))
    assert [(each.rejection.reason, each.about) for each in refused] == [
        ("unknown-status", "NutritionOrder/n")
    ]


def test_it_may_be_ordered_days_ahead_and_not_years(tmp_path: Path) -> None:
    door = replace(Door(), clock=lambda: at("2026-03-02T08:00:00"))
    soon, slip = nutrition(dateTime="2026-03-07T00:00:00Z"), nutrition(dateTime="2062-03-07T00:00:00Z")
    assert [describe(each) for each in read_fhir(tmp_path, soon, door=door)] == ["condition"]
    assert [describe(each) for each in read_fhir(tmp_path, slip, door=door)] == ["implausible-time"]


@pytest.mark.parametrize("kind", ["OMD^O03^OMD_O03", "ORM^O01"])
def test_a_diet_order_by_hl7_says_so_by_code_or_word(kind: str) -> None:
    for code in ("NPO", "NPO^Nothing by mouth^L", "182923009^^SCT", "77^NPO^99DIET"):
        found = by_hl7(ods(code), kind=kind)
        assert orders_nothing_by_mouth(found)
        assert (found.entity, found.visit) == ("diet-order/placer/CPOE|D7", "encounter/WEST|V100")
        assert found.effective_at == at("2026-03-01T07:00:00")


def test_a_supplement_or_a_preference_is_no_diet() -> None:
    assert not orders_nothing_by_mouth(by_hl7(ods("NPO", kind="S")))


def test_its_times_by_hl7() -> None:
    timing = fields("TQ1", f1="1", f7="20260302000000+0100", f8="20260302120000+0100")
    found = by_hl7(timing, ods("NPO"))
    assert (found.effective_at, found.abated_at) == (at("2026-03-01T23:00:00"), at("2026-03-02T11:00:00"))


@pytest.mark.parametrize("control", ["DC", "CA", "HD"])
def test_a_diet_order_that_ends_is_the_same_order(control: str) -> None:
    for segments in ((ods("NPO"),), ()):
        found = by_hl7(*segments, control=control)
        assert (found.entity, found.active) == ("diet-order/placer/CPOE|D7", False)
        assert found.version > by_hl7(ods("NPO")).version


def test_one_that_ends_nobody_knows_which_is_rejected() -> None:
    outcome = told(message("OMD^O03", "ORC|DC", ods("NPO")), replace(LIVE, clock=lambda: NOW))
    assert [each[0] for each in refusals(outcome)] == ["missing-order-number"]


def test_a_tray_is_passed_over() -> None:
    outcome = told(message("OMD^O03", "ORC|NW|T1", "ODT|EARLY^Early tray"))
    assert list(map(describe, outcome.readings)) == ["order-of-no-drug"]
