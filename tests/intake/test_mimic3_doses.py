"""Doses of the MIMIC-III tables: when, how much, what is taken back, refused or passed over."""

from decimal import Decimal
from pathlib import Path

import pytest

from schemas.clinical import Administration, FactStatus
from schemas.medications import Route
from services.intake.reading import Accepted
from tests.intake.mimic3_tables import ITEMS, doses, given, readings_of
from tests.intake.writing import at, describe, rejected, skipped


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
