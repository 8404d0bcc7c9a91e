"""Which names a source gives but once, so that the same one of another patient is the same thing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.base import TimeDomain
from schemas.clinical import Administration, Claimable, Encounter, Observation, Order, PatientFact
from schemas.identity import SiteKey
from services.intake.door import Door
from services.safety.engine.engine import Engine
from services.safety.knowledge.loader import load
from services.safety.replaying import Replay
from tests.intake.hl7v2_writing import LIVE, MSH, ORC, facts, fields, message, only, ras, rde, rxa, rxe, told
from tests.intake.writing import administration, amount, one, read_fhir, request

NUMBERLESS = "ORC|{control}"
BACLOFEN = request()["medicationCodeableConcept"]
BY_MOUTH = {
    "dose": amount(20, "mg"),
    "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
}


def unique(fact: PatientFact) -> bool:
    assert isinstance(fact, Claimable)
    return fact.unique_in_source


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"id": "7"}, True),
        ({"id": None, "identifier": [{"system": "urn:orders", "value": "7"}]}, True),
        ({"id": None, "identifier": [{"value": "7"}]}, False),
        ({"id": None}, False),
    ],
    ids=["id", "number-within-a-system", "number", "nothing"],
)
def test_a_resource_is_one_thing_by_its_id_or_a_number_within_a_system(
    tmp_path: Path, named: dict[str, Any], expected: bool
) -> None:
    assert unique(one(read_fhir(tmp_path, request(**named)), Order)) is expected
    assert unique(one(read_fhir(tmp_path, administration(**named)), Administration)) is expected


def test_an_order_and_its_doses_are_one_thing_by_the_orders_number() -> None:
    assert unique(only(rde(rxe()), Order))
    assert not unique(only(rde(rxe(), orc=NUMBERLESS), Order))
    assert unique(only(ras(rxa()), Administration))
    assert not unique(
        only(told(message("RAS^O17^RAS_O17", NUMBERLESS.format(control="RE"), rxa())), Administration)
    )


@pytest.mark.parametrize(("report", "expected"), [({"f3": "R1^LAB"}, True), ({"f4": "2160-0"}, False)])
def test_a_result_is_one_thing_by_the_number_of_its_report(report: dict[str, str], expected: bool) -> None:
    obr = fields("OBR", f1="1", f7="20260301070000+0100", **report)
    obx = fields("OBX", f1="1", f2="NM", f3="2160-0^Creatinine^LN", f5="1.1", f6="mg/dL", f11="F")
    assert unique(only(told(message("ORU^R01^ORU_R01", obr, obx)), Observation)) is expected


ANEW = replace(LIVE, unique_numbers=False)
RESULT = (
    fields("OBR", f1="1", f3="R1^LAB", f7="20260301070000+0100"),
    fields("OBX", f1="1", f2="NM", f3="2160-0^Creatinine^LN", f5="1.1", f6="mg/dL", f11="F"),
)


@pytest.mark.parametrize(
    "content",
    [
        message("RDE^O11^RDE_O11", ORC.format(control="NW"), rxe()),
        message("RAS^O17^RAS_O17", ORC.format(control="RE"), rxa()),
        message("ORU^R01^ORU_R01", *RESULT),
    ],
    ids=["order", "dose", "result"],
)
def test_numbers_that_begin_anew_with_each_patient_are_no_names_over_all_of_them(content: bytes) -> None:
    assert [unique(fact) for fact in facts(told(content))] == [True]
    assert [unique(fact) for fact in facts(told(content, ANEW))] == [False]


@pytest.mark.parametrize(("door", "without"), [(LIVE, ["WEST|1"]), (ANEW, [])])
def test_the_same_number_for_the_same_drug_at_two_patients_takes_nothing_away_where_that_is_known(
    door: Door, without: list[str]
) -> None:
    """Order 1 of each of two patients, baclofen at the same hour. Where it is not known, it is shown."""
    stated = [
        fact
        for number, sent in (("1", "0800"), ("2", "0805"))
        for fact in facts(
            told(
                message(
                    "RAS^O17^RAS_O17", "ORC|RE|1", rxa(),
                    msh=MSH.replace("20260301080512", f"20260301{sent}30"), pid=f"PID|1||{number}^^^WEST^MR",
                ),
                door,
            )
        )
    ]  # fmt: skip
    assert len(stated) == 2
    engine = Engine(load(), SiteKey(b"a secret for tests only"), time_domain=stated[0].time_domain)
    found = list(Replay(engine).open_at_end(stated))
    assert [issue.patient for issue in found if issue.reason == "charted-again"] == without


def test_a_dose_that_a_server_states_of_another_patient_later_counts_there_alone(tmp_path: Path) -> None:
    """Read from FHIR and judged from the final facts: 100 mg for whoever has the fifth dose."""
    doses = [
        administration(
            id=f"{patient}-{hour}",
            subject={"reference": f"Patient/{patient}"},
            effectiveDateTime=f"2026-03-02T{hour:02}:00:00Z",
            dosage=BY_MOUTH,
            medicationCodeableConcept=BACLOFEN,
            meta={"lastUpdated": f"2026-03-02T{hour:02}:01:00Z"},
        )
        for patient in ("a", "b")
        for hour in (8, 10, 12, 14)
    ]
    moved = {
        "id": "fifth",
        "effectiveDateTime": "2026-03-02T16:00:00Z",
        "dosage": BY_MOUTH,
        "medicationCodeableConcept": BACLOFEN,
    }
    versions = [
        administration(
            subject={"reference": f"Patient/{patient}"},
            meta={"versionId": version, "lastUpdated": at},
            **moved,
        )
        for patient, version, at in (
            ("a", "1", "2026-03-02T16:01:00Z"),
            ("b", "2", "2026-03-02T17:00:00Z"),
        )
    ]
    readings = read_fhir(tmp_path, *doses, *versions)
    stated = [reading.event for reading in readings]  # type: ignore[union-attr]
    engine = Engine(load(), SiteKey(b"a secret for tests only"), time_domain=TimeDomain.SIMULATED)
    found = {
        issue.patient for issue in Replay(engine).open_at_end(stated) if issue.check == "cumulative-dose"
    }
    assert found == {"b"}


def test_a_stay_that_a_server_states_of_another_patient_ends_at_the_first(tmp_path: Path) -> None:
    """Else the first patient lies on a ward on which they never were, and is missed their doses there."""
    stated = [
        one(
            read_fhir(
                tmp_path,
                {
                    "resourceType": "Encounter",
                    "id": "v1",
                    "meta": {"lastUpdated": at},
                    "status": "in-progress",
                    "class": {"code": "IMP"},
                    "subject": {"reference": f"Patient/{patient}"},
                    "period": {"start": "2026-03-02T07:00:00Z"},
                    "location": [{"location": {"display": "3 West"}}],
                },
            ),
            Encounter,
        )
        for patient, at in (("a", "2026-03-02T07:10:00Z"), ("b", "2026-03-02T09:00:00Z"))
    ]
    assert all(map(unique, stated))
    engine = Engine(load(), SiteKey(b"a secret for tests only"), time_domain=stated[0].time_domain)
    found = [issue for issue in Replay(engine).open_at_end(stated) if issue.reason == "charted-again"]
    assert [(issue.patient, issue.implicated) for issue in found] == [("a", ("Encounter/v1",))]
