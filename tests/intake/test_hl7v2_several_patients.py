"""A message with several PID: each patient has what stands behind their own, and nothing of the others'."""

import pytest

from schemas.clinical import Encounter, Observation
from services.intake.hl7v2 import Outcome
from services.intake.reading import Rejected
from services.intake.rejected.retrying import Result
from tests.intake.hl7v2_writing import LIVE, NOW, ORC, PID, PV1, facts, fields, message, refusals, rxa, told
from tests.intake.rejecting_door import HL7V2, entries_of
from tests.intake.retried_rejections import again
from tests.intake.writing import describe

OTHER = "PID|2||4712^^^WEST^MR"
OBR = "OBR|1||R1^LAB|2160-0^Creatinine^LN|||20260301070000+0100"
LATER = OBR.replace("R1", "R2")


def creatinine(value: str) -> str:
    return fields("OBX", f1="1", f2="NM", f3="2160-0^Creatinine^LN", f5=value, f6="mg/dL^^UCUM", f11="F")


def results(outcome: Outcome) -> list[tuple[str, str]]:
    """Whose result, and how much."""
    return [
        (fact.patient, str(fact.value.value))
        for fact in facts(outcome)
        if isinstance(fact, Observation) and fact.value is not None
    ]


def test_results_of_two_patients_are_each_ones_own() -> None:
    outcome = told(message("ORU^R01", OBR, creatinine("1.1"), OTHER, LATER, creatinine("4.2")))
    assert results(outcome) == [("WEST|4711", "1.1"), ("WEST|4712", "4.2")]


def test_a_result_behind_the_next_patient_belongs_to_no_report_of_the_one_before() -> None:
    outcome = told(message("ORU^R01", OBR, creatinine("1.1"), OTHER, creatinine("4.2")))
    assert [fact.patient for fact in facts(outcome)] == ["WEST|4711", "WEST|4712"]
    assert len({fact.entity for fact in facts(outcome)}) == 2


def test_so_are_doses_and_visits() -> None:
    given = told(message("RAS^O17", ORC.format(control="RE"), rxa(), OTHER, "ORC|RE|ORD78", rxa(f6="20")))
    assert [fact.patient for fact in facts(given)] == ["WEST|4711", "WEST|4712"]
    second = PV1.replace("V100", "V200")
    stays = [fact for fact in facts(told(message("ADT^A01", PV1, OTHER, second))) if fact.kind == "encounter"]
    assert [(fact.patient, fact.entity) for fact in stays if isinstance(fact, Encounter)] == [
        ("WEST|4711", "encounter/WEST|V100"), ("WEST|4712", "encounter/WEST|V200"),
    ]  # fmt: skip


def test_who_is_named_twice_is_one_patient() -> None:
    outcome = told(message("ORU^R01", OBR, creatinine("1.1"), PID, LATER, creatinine("1.4")))
    assert results(outcome) == [("WEST|4711", "1.1"), ("WEST|4711", "1.4")]
    twice = told(message("ORU^R01", OBR, creatinine("1.1"), PID, OBR, creatinine("1.4")))
    assert list(map(describe, twice.readings)) == ["observation", "stated-twice"]


def test_a_patient_who_cannot_be_read_hides_nobody_else() -> None:
    outcome = told(message("ORU^R01", OBR, creatinine("1.1"), OTHER, LATER, creatinine("4.2"), pid="PID|1"))
    assert results(outcome) == [("WEST|4712", "4.2")]
    assert refusals(outcome) == [("missing-patient", "PID", 3, "101")]
    assert [item.patient for item in outcome.readings if isinstance(item, Rejected)] == [None]


@pytest.mark.parametrize(
    "bad", [creatinine("4.2").replace("|F", "|?"), creatinine("4.2").replace("2160-0^Creatinine^LN", "")]
)
def test_what_is_rejected_is_kept_with_its_own_patient(bad: str) -> None:
    content = message("ORU^R01", OBR, creatinine("1.1"), OTHER, LATER, bad)
    (entry,) = entries_of(HL7V2, content, LIVE, NOW)
    assert b"4711" not in entry.rejected.kept
    assert again(entry).result is Result.REJECTED


def test_a_message_refused_as_a_whole_shows_at_each_of_its_patients() -> None:
    outcome = told(
        message("ORU^R01", OBR, creatinine("1.1"), OTHER, LATER, creatinine("4.2")).replace(
            b"|2.5.1|", b"|9|"
        )
    )
    marked = [item.patient for item in outcome.readings if isinstance(item, Rejected)]
    assert marked == ["WEST|4711", "WEST|4712"]
    assert facts(outcome) == []


def test_a_message_that_is_not_read_here_is_refused_once() -> None:
    outcome = told(message("ADT^A17", PV1, OTHER, PV1))
    assert [reason for reason, *_ in refusals(outcome)] == ["unknown-event"]
