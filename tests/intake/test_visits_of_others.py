"""From HL7 to judgement: a visit is another patient's, and with it what was given in it."""

from schemas.clinical import PatientFact, VisitMove
from schemas.identity import SiteKey
from services.intake.door import Door
from services.intake.keying import keyed
from services.safety.engine.engine import Engine
from services.safety.knowledge.loader import load
from services.safety.replaying import Replay
from tests.builders import at, visit_move
from tests.intake.hl7v2_writing import LIVE, MSH, PV1, facts, message, rxa, told

SITE = SiteKey(b"a secret for tests only")
RXR = "RXR|PO^Oral^HL70162"
EVN = "EVN||20260301170000+0100"


def sent(kind: str, patient: str, hour: int, *segments: str) -> list[PatientFact]:
    """What a message of that hour states."""
    content = message(
        kind,
        *segments,
        msh=MSH.replace("20260301080512", f"20260301{hour:02}0512"),
        pid=f"PID|1||{patient}^^^WEST^MR",
    )
    return facts(told(content, Door(zone=LIVE.zone)))


def given(patient: str, hour: int, *visit: str) -> list[PatientFact]:
    """20 mg of baclofen."""
    when = f"20260301{hour:02}0000+0100"
    return sent("RAS^O17^RAS_O17", patient, hour, *visit, f"ORC|RE|{patient}", rxa(f3=when, f6="20"), RXR)


def over(stated: list[PatientFact]) -> set[str]:
    """Who had more than 80 mg within a day."""
    engine = Engine(load(), SITE, time_domain=stated[0].time_domain)
    ended = Replay(engine).open_at_end([keyed(fact, SITE) for fact in stated])
    return {issue.patient for issue in ended if issue.check == "cumulative-dose"}


def test_a_dose_given_in_a_visit_of_another_patient_counts_there_after_an_a45() -> None:
    hours = (8, 10, 12, 14)
    stated = [dose for patient in ("1", "2") for hour in hours for dose in given(patient, hour)]
    stated += given("1", 16, PV1)
    assert over(stated) == {SITE.patient_key("WEST|1")}
    moved = sent("ADT^A45", "2", 17, EVN, "MRG|1^^^WEST^MR||||V100^^^WEST", PV1)
    assert over([*stated, *moved]) == {SITE.patient_key("WEST|2")}


def test_no_record_number_leaves_the_door_with_the_move_of_a_visit() -> None:
    ours = keyed(visit_move("encounter/V1", "WEST|2", at(0), patient="WEST|1"), SITE)
    assert isinstance(ours, VisitMove)
    assert (ours.patient, ours.to) == (SITE.patient_key("WEST|1"), SITE.patient_key("WEST|2"))
