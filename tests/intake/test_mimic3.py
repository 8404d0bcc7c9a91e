"""The MIMIC-III tables: orders, results, and all tables as one stream."""

from decimal import Decimal
from pathlib import Path

import pytest

from schemas.clinical import Observation, Order
from schemas.medications import Route
from schemas.quantities import Quantity
from services.intake.door import Door
from services.intake.formats import read
from services.intake.lines import BrokenFile
from services.intake.mimic3.amounts import dose_range, strength
from services.intake.reading import Accepted
from tests.intake.mimic3_tables import ITEMS, MOVES, STAY, given, ordered, readings_of
from tests.intake.writing import at, describe, one, rejected


def test_an_order_keeps_its_range_its_strength_and_the_whole_of_its_last_day(tmp_path: Path) -> None:
    order = one(readings_of(tmp_path, PRESCRIPTIONS=[ordered()]), Order)
    (dosage,) = order.dosages
    assert (str(dosage.dose_low), str(dosage.dose_high)) == ("325 mg", "650 mg")
    assert (dosage.route, dosage.period_seconds, dosage.times_high) == (Route.ORAL, None, None)
    assert (order.effective_at, order.ends_at) == (at("2150-03-02T00:00:00"), at("2150-03-05T00:00:00"))
    assert [(c.system, c.code) for c in order.medication.codings] == [("mimic-drug", "acetaminophen")]
    assert [(str(i.strength), str(i.per)) for i in order.medication.ingredients] == [("325 mg", "1 {tablet}")]


def test_diluents_are_passed_over_and_an_end_before_the_start_is_refused(tmp_path: Path) -> None:
    rows = [ordered(DRUG_TYPE="BASE"), ordered(DRUG_TYPE="ADDITIVE"), ordered(ENDDATE="2150-03-01 00:00:00")]
    readings = readings_of(tmp_path, PRESCRIPTIONS=rows)
    assert sorted(map(describe, readings)) == ["diluent-additive", "diluent-base", "end-before-start"]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("325-650", 325, 650),
        ("25,000", 25_000, 25_000),
        ("0.5", Decimal("0.5"), Decimal("0.5")),
        ("1-2", 1, 2),
    ],
)
def test_doses_as_the_list_writes_them(text: str, low: Decimal, high: Decimal) -> None:
    found = dose_range(text, "mg", "dose")
    assert found == (Quantity(value=Decimal(low), unit="mg"), Quantity(value=Decimal(high), unit="mg"))


def test_a_dose_that_is_no_number_stays_words(tmp_path: Path) -> None:
    (dosage,) = one(readings_of(tmp_path, PRESCRIPTIONS=[ordered(DOSE_VAL_RX="sliding")]), Order).dosages
    assert (dosage.dose_high, dosage.text) == (None, "sliding mg")


@pytest.mark.parametrize("route", ["IV DRIP", "iv drip"])
def test_what_is_in_the_bag_of_a_drip_is_no_dose(tmp_path: Path, route: str) -> None:
    bag = ordered(DRUG="Morphine Sulfate", DOSE_VAL_RX="100", DOSE_UNIT_RX="mg", ROUTE=route)
    (dosage,) = one(readings_of(tmp_path, PRESCRIPTIONS=[bag]), Order).dosages
    assert (dosage.dose_low, dosage.dose_high, dosage.route) == (None, None, Route.INTRAVENOUS)
    assert dosage.text == f"100 mg {route}"


def test_a_dose_at_once_into_a_vein_stays_a_dose(tmp_path: Path) -> None:
    at_once = ordered(DRUG="Morphine Sulfate", DOSE_VAL_RX="4", DOSE_UNIT_RX="mg", ROUTE="IV")
    (dosage,) = one(readings_of(tmp_path, PRESCRIPTIONS=[at_once]), Order).dosages
    assert (str(dosage.dose_high), dosage.text) == ("4 mg", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("325mg Tab", "325 mg per 1 {tablet}"),
        ("5MG TAB", "5 mg per 1 {tablet}"),
        ("10mEq ER Capsule", "10 meq per 1 {capsule}"),
        ("650mg Supp", "650 mg per 1 {suppository}"),
        ("40mg/4mL Vial", "40 mg per 4 mL"),
        ("1gm/2ml vial", "1 g per 2 mL"),
        ("2mg/mL Syringe", "2 mg per 1 mL"),
        ("5000 Units / mL", "5000 U per 1 mL"),
        ("5mg/325mg Tablet", None),
        ("500mg Vial", None),
        ("25mcg/hr Patch", None),
        ("Dummy Package for Sliding Scale", None),
    ],
)
def test_strengths_as_the_list_writes_them(text: str, found: str | None) -> None:
    parts = strength(text)
    assert (f"{parts[0]} per {parts[1]}" if parts else None) == found


@pytest.mark.parametrize(
    ("value", "unit", "number", "text"),
    [
        ("153", "mg/dL", "153 mg/dL", ""),
        ("NEG", "mg/dL", None, "NEG"),
        ("<0.3", "ng/mL", None, "<0.3 ng/mL"),
        ("-4", "mEq/L", None, "-4"),
        ("1.2", "", "1.2 1", ""),
    ],
)
def test_a_laboratory_result_is_a_number_only_where_it_is_one(
    value: str, unit: str, number: str | None, text: str, tmp_path: Path
) -> None:
    row = {
        "row_id": 5,
        "subject_id": 7,
        "itemid": 50,
        "charttime": "2150-03-02 06:00:00",
        "value": value,
        "valuenum": "",
        "valueuom": unit,
    }
    labs = [
        {"ITEMID": 50, "LABEL": "Ethanol", "LOINC_CODE": "5643-2"},
        {"ITEMID": 51, "LABEL": "X", "LOINC_CODE": ""},
    ]
    tables = {"LABEVENTS.part": [row], "D_LABITEMS": labs}
    found = one(readings_of(tmp_path, **tables), Observation)
    assert (str(found.value) if found.value else None, found.text) == (number, text)
    assert [(coding.system, coding.code) for coding in found.codings] == [("loinc", "5643-2")]


def test_all_tables_come_as_one_stream_in_the_order_of_receipt(tmp_path: Path) -> None:
    readings = readings_of(
        tmp_path,
        ADMISSIONS=STAY,
        TRANSFERS=MOVES,
        PRESCRIPTIONS=[ordered()],
        D_ITEMS=ITEMS,
        INPUTEVENTS_MV=[
            given(),
            given(ROW_ID=11, STORETIME="2150-03-01 23:00:00", STARTTIME="2150-03-01 22:55:00"),
        ],
    )
    received = [reading.event.received_at for reading in readings if isinstance(reading, Accepted)]
    assert received == sorted(received)


def test_a_directory_without_tables_is_told_to_whoever_named_it(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="none of the tables"):
        list(read("mimic3", [tmp_path], Door()))
    (tmp_path / "LABEVENTS.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(BrokenFile, match="damaged"):
        list(read("mimic3", [tmp_path], Door()))


@pytest.mark.parametrize("table", ["INPUTEVENTS_MV", "ADMISSIONS", "LABEVENTS"])
def test_a_row_with_a_column_too_many_is_refused_and_never_read_shifted(table: str, tmp_path: Path) -> None:
    (tmp_path / f"{table}.csv").write_text("ROW_ID,SUBJECT_ID,HADM_ID\n1,7,70,0\n\n")
    (found,) = rejected(list(read("mimic3", [tmp_path], Door())))
    assert (found.rejection.reason, found.patient) == ("wrong-columns", "7")
