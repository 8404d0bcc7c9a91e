"""The MIMIC-III tables, on rows of our own making: one twin for each trap."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import (
    Administration,
    Condition,
    Encounter,
    FactStatus,
    Observation,
    Order,
    Patient,
    Route,
)
from schemas.quantities import Quantity
from services.intake.door import Door
from services.intake.formats import read
from services.intake.lines import BrokenFile
from services.intake.mimic3.amounts import dose_range, strength
from services.intake.reading import Accepted, Reading
from tests.intake.writing import at, describe, one, rejected, skipped, write_table

ITEMS = [
    {"ITEMID": 1, "LABEL": "Morphine Sulfate", "CATEGORY": "Medications"},
    {"ITEMID": 2, "LABEL": "NaCl 0.9%", "CATEGORY": "Fluids/Intake"},
    {"ITEMID": 3, "LABEL": "Platelets", "CATEGORY": "Blood Products/Colloids"},
    {"ITEMID": 4, "LABEL": "Cefazolin", "CATEGORY": "Antibiotics"},
]


def given(**more: object) -> dict[str, object]:
    """A dose of 4 mg morphine at eight, stored five minutes later."""
    return {
        "ROW_ID": 10,
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "STARTTIME": "2150-03-02 08:00:00",
        "ENDTIME": "2150-03-02 08:01:00",
        "ITEMID": 1,
        "AMOUNT": 4,
        "AMOUNTUOM": "mg",
        "RATE": "",
        "RATEUOM": "",
        "STORETIME": "2150-03-02 08:05:00",
        "ORDERCATEGORYNAME": "05-Med Bolus",
        "CANCELREASON": 0,
        "STATUSDESCRIPTION": "FinishedRunning",
        "COMMENTS_DATE": "",
    } | more


def ordered(**more: object) -> dict[str, object]:
    return {
        "ROW_ID": 20,
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "STARTDATE": "2150-03-02 00:00:00",
        "ENDDATE": "2150-03-04 00:00:00",
        "DRUG_TYPE": "MAIN",
        "DRUG": "Acetaminophen",
        "PROD_STRENGTH": "325mg Tablet",
        "DOSE_VAL_RX": "325-650",
        "DOSE_UNIT_RX": "mg",
        "ROUTE": "PO",
    } | more


def readings_of(directory: Path, **tables: Sequence[Mapping[str, Any]]) -> list[Reading]:
    """The readings of a directory that holds these tables."""
    for name, rows in tables.items():
        write_table(directory, name, rows, packed=len(rows) != 1)
    return list(read("mimic3", [directory], Door()))


def doses(directory: Path, *rows: Mapping[str, Any]) -> list[Administration]:
    readings = readings_of(directory, INPUTEVENTS_MV=list(rows), D_ITEMS=ITEMS)
    return [r.event for r in readings if isinstance(r, Accepted) and isinstance(r.event, Administration)]


def test_a_dose_keeps_when_it_happened_and_when_it_was_stored(tmp_path: Path) -> None:
    (dose,) = doses(tmp_path, given())
    assert (dose.patient, dose.entity) == ("7", "inputevents_mv/10")
    assert dose.effective_at == at("2150-03-02T08:00:00")
    assert dose.recorded_at == dose.received_at == at("2150-03-02T08:05:00")
    assert dose.assumed_tz
    assert [(c.system, c.code, c.display) for c in dose.medication.codings] == [
        ("mimic-item", "1", "Morphine Sulfate")
    ]


def test_an_infusion_per_kilogram_counts_its_total_amount_over_its_span(tmp_path: Path) -> None:
    (dose,) = doses(
        tmp_path,
        given(
            ENDTIME="2150-03-02 12:00:00",
            AMOUNT="16.8",
            RATE="1",
            RATEUOM="mcg/kg/min",
            ORDERCATEGORYNAME="01-Drips",
        ),
    )
    assert (str(dose.dose), dose.rate, dose.route) == ("16.8 mg", None, Route.INTRAVENOUS)
    assert dose.ended_at == at("2150-03-02T12:00:00")


def test_an_amount_that_is_missing_is_told_by_the_rate(tmp_path: Path) -> None:
    (dose,) = doses(tmp_path, given(AMOUNT="", RATE="2", RATEUOM="mg/hour", ENDTIME="2150-03-02 10:00:00"))
    assert dose.dose is None and dose.rate is not None
    assert (str(dose.rate.amount), dose.rate.per_seconds) == ("2 mg", Decimal(3_600))


@pytest.mark.parametrize("reason", ["1", "2"])
def test_a_cancelled_row_is_told_and_taken_back_when_it_was_cancelled(reason: str, tmp_path: Path) -> None:
    told, void = doses(
        tmp_path,
        given(CANCELREASON=reason, STATUSDESCRIPTION="Rewritten", COMMENTS_DATE="2150-03-02 09:00:00"),
    )
    assert told.status is FactStatus.STATED and told.received_at == at("2150-03-02T08:05:00")
    assert void.status is FactStatus.ENTERED_IN_ERROR and void.received_at == at("2150-03-02T09:00:00")
    assert (void.entity, void.version) == (told.entity, told.version + 1)
    assert void.recorded_at > told.recorded_at


def test_a_rewritten_row_without_a_time_of_rewriting_is_a_void_and_nothing_else(tmp_path: Path) -> None:
    (void,) = doses(tmp_path, given(STATUSDESCRIPTION="Rewritten"))
    assert (void.status, void.dose) == (FactStatus.ENTERED_IN_ERROR, None)


def test_a_cancelled_row_with_a_negative_amount_is_still_taken_back(tmp_path: Path) -> None:
    found = doses(
        tmp_path,
        given(
            CANCELREASON=1, AMOUNT="-4", COMMENTS_DATE="2150-03-02 09:00:00", ENDTIME="2150-03-02 07:00:00"
        ),
    )
    assert [dose.status for dose in found] == [FactStatus.ENTERED_IN_ERROR]


def test_a_row_charted_half_an_hour_ahead_is_received_when_it_starts(tmp_path: Path) -> None:
    (dose,) = doses(tmp_path, given(STORETIME="2150-03-02 07:30:00"))
    assert dose.received_at == dose.effective_at == at("2150-03-02T08:00:00")
    assert dose.recorded_at == at("2150-03-02T07:30:00")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"STORETIME": "2150-03-02 06:00:00"}, "future-event"),
        ({"ENDTIME": "2150-03-02 07:00:00"}, "end-before-start"),
        ({"AMOUNT": "-4"}, "negative-value"),
        ({"AMOUNT": "four"}, "bad-number"),
        ({"STARTTIME": ""}, "missing-time"),
        ({"STARTTIME": "noon"}, "bad-time"),
    ],
)
def test_a_row_that_cannot_be_is_refused_and_names_its_patient(
    more: dict[str, object], reason: str, tmp_path: Path
) -> None:
    readings = readings_of(tmp_path, INPUTEVENTS_MV=[given(**more), given(ROW_ID=11)], D_ITEMS=ITEMS)
    assert sorted(map(describe, readings)) == sorted(["administration", reason])
    (found,) = rejected(readings)
    assert (found.patient, found.about) == ("7", "inputevents_mv/10")


def test_a_row_without_patient_is_refused_without_one(tmp_path: Path) -> None:
    (found,) = rejected(readings_of(tmp_path, INPUTEVENTS_MV=[given(SUBJECT_ID="")], D_ITEMS=ITEMS))
    assert (found.rejection.reason, found.patient) == ("missing-patient", None)


def test_what_is_no_medicine_is_passed_over_by_name_and_the_unknown_is_not(tmp_path: Path) -> None:
    rows = [
        given(ITEMID=2),
        given(ITEMID=3),
        given(ITEMID=4),
        given(STATUSDESCRIPTION="Flushed"),
        given(ROW_ID=12, ITEMID=999),
    ]
    readings = readings_of(tmp_path, INPUTEVENTS_MV=rows, D_ITEMS=ITEMS)
    assert sorted(item.reason for item in skipped(readings)) == [
        "line-flush",
        "no-medicine:Blood Products/Colloids",
        "no-medicine:Fluids/Intake",
    ]
    kept = [r.event for r in readings if isinstance(r, Accepted) and isinstance(r.event, Administration)]
    assert sorted(event.medication.codings[0].code for event in kept) == ["4", "999"]


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
        ("<0.3", "ng/mL", None, "<0.3"),
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


STAY = [
    {
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "ADMITTIME": "3/1/50 22:00",
        "DISCHTIME": "3/6/50 11:00",
        "DEATHTIME": "",
    }
]
MOVES = [
    {
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "EVENTTYPE": "admit",
        "CURR_CAREUNIT": "",
        "CURR_WARDID": 9,
        "INTIME": "2150-03-01 22:10:00",
    },
    {
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "EVENTTYPE": "transfer",
        "CURR_CAREUNIT": "MICU",
        "CURR_WARDID": 15,
        "INTIME": "2150-03-02 04:00:00",
    },
    {
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "EVENTTYPE": "discharge",
        "CURR_CAREUNIT": "",
        "CURR_WARDID": "",
        "INTIME": "2150-03-06 11:00:00",
    },
]


def test_a_stay_is_told_at_admission_at_each_move_and_at_discharge(tmp_path: Path) -> None:
    readings = readings_of(tmp_path, ADMISSIONS=STAY, TRANSFERS=MOVES)
    told = [r.event for r in readings if isinstance(r, Accepted) and isinstance(r.event, Encounter)]
    assert [(stay.version, stay.ward, stay.received_at, stay.ends_at) for stay in told] == [
        (0, "", at("2150-03-01T22:00:00"), None),
        (1, "ward 9", at("2150-03-01T22:10:00"), None),
        (2, "MICU", at("2150-03-02T04:00:00"), None),
        (3, "MICU", at("2150-03-06T11:00:00"), at("2150-03-06T11:00:00")),
    ]
    assert {stay.entity for stay in told} == {"admissions/70"}


def test_diagnoses_hold_from_the_admission(tmp_path: Path) -> None:
    diagnosis = {"ROW_ID": 1, "SUBJECT_ID": 7, "HADM_ID": 70, "SEQ_NUM": 1, "ICD9_CODE": "30391"}
    unknown = diagnosis | {"ROW_ID": 2, "HADM_ID": 71}
    readings = readings_of(tmp_path, ADMISSIONS=STAY, DIAGNOSES_ICD=[diagnosis, unknown])
    found = one(readings, Condition)
    assert (found.codings[0].code, found.effective_at) == ("30391", at("2150-03-01T22:00:00"))
    assert [refusal.rejection.reason for refusal in rejected(readings)] == ["missing-time"]


@pytest.mark.parametrize(("born", "known"), [("2081-05-01 00:00:00", True), ("1850-05-01 00:00:00", False)])
def test_a_birth_date_shifted_by_centuries_gives_no_age(born: str, known: bool, tmp_path: Path) -> None:
    person = {"ROW_ID": 1, "SUBJECT_ID": 7, "GENDER": "F", "DOB": born, "DOD": ""}
    found = one(readings_of(tmp_path, ADMISSIONS=STAY, PATIENTS=[person]), Patient)
    assert (found.born_at is not None, found.sex) == (known, "female")


def test_a_death_is_told_when_it_happens_and_not_before(tmp_path: Path) -> None:
    died = [STAY[0] | {"DEATHTIME": "3/6/50 10:30"}]
    person = {
        "ROW_ID": 1,
        "SUBJECT_ID": 7,
        "GENDER": "M",
        "DOB": "2081-05-01 00:00:00",
        "DOD": "2150-03-06 00:00:00",
    }
    readings = readings_of(tmp_path, ADMISSIONS=died, TRANSFERS=MOVES, PATIENTS=[person])
    told = [r.event for r in readings if isinstance(r, Accepted) and isinstance(r.event, Patient)]
    assert [(p.received_at, p.died_at) for p in told] == [
        (at("2150-03-01T22:00:00"), None),
        (at("2150-03-06T10:30:00"), at("2150-03-06T10:30:00")),
    ]


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
