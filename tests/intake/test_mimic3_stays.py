"""Stays, diagnoses and people of the MIMIC-III tables: each is told when it happens and not before."""

from pathlib import Path

import pytest

from schemas.clinical import Condition, Encounter, Patient
from services.intake.reading import Accepted
from tests.intake.mimic3_tables import MOVES, STAY, readings_of
from tests.intake.writing import at, one, rejected


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
