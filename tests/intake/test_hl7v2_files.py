"""Files of HL7 messages: one, many, framed, in batches; and the 34 sample messages where they lie."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

from schemas.clinical import Administration, Observation, Order
from schemas.medications import Route
from services.intake.door import Door
from services.intake.formats import read
from services.intake.lines import BrokenFile
from services.intake.reading import Accepted, Reading
from tests.intake.hl7v2_writing import ORC, message, rxa, told
from tests.intake.writing import SAMPLES, describe, one

OUTCOMES = {
    "gcp_rde_o01_ex2": "order",
    "hapi_RAS_AbstractMessageTest_01": "administration administration",
    "hapi_RDE_CommonDTTest_01": "order",
    "lfh_ORU_Hl7ORUMessageTest_01": "bad-separators",
    "msfhirconv_ADT-A01-02": "patient encounter",
    "msfhirconv_ADT-A02-01": "patient encounter future-event",
    "msfhirconv_ADT-A03-01": "patient encounter allergy condition future-event",
    "msfhirconv_ORM-O01-01": "order-of-no-drug allergy condition observation",
    "msfhirconv_ORM-O01-03": "order-of-no-drug order-of-no-drug condition",
    "msfhirconv_RDE-O11-01": "order observation",
    "msfhirconv_RDE-O11-02": "order order",
    "msfhirconv_RDE-O25-02": "order order",
}
"""All other samples say in MSH-11 that they are for training."""


def dose(number: int) -> bytes:
    return message("RAS^O17", ORC.format(control="RE"), rxa(f2=str(number)))


def readings(path: Path) -> list[Reading]:
    return list(read("hl7v2", [path], Door()))


@pytest.mark.parametrize(
    "content",
    [
        dose(1) + dose(2),
        dose(1).replace(b"\r", b"\n") + b"\n\n" + dose(2).replace(b"\r", b"\r\n"),
        b"".join(b"\x0b" + dose(number) + b"\x1c\r" for number in (1, 2)),
        b"FHS|^~\\&|MAR\rBHS|^~\\&|MAR\r" + dose(1) + dose(2) + b"BTS|2\rFTS|1\r",
        b"\xef\xbb\xbf" + dose(1) + b"\xef\xbb\xbf" + dose(2),
    ],
    ids=["one after the other", "mixed line ends", "MLLP frames", "a batch", "byte order marks"],
)
def test_many_messages_of_a_file_are_read_one_by_one(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ward.hl7"
    path.write_bytes(content)
    found = readings(path)
    assert [describe(item) for item in found] == ["administration"] * 2
    assert len({item.origin.line for item in found if isinstance(item, Accepted)}) == 2


def test_a_directory_holds_hl7_and_text_files_plain_or_packed(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_bytes(dose(1))
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(dose(2)))
    (tmp_path / "c.json").write_text("{}")
    assert [describe(item) for item in readings(tmp_path)] == ["administration"] * 2


def test_what_stands_before_the_first_message_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "ward.hl7"
    path.write_bytes(b"PID|1||4711\rRXA|1\r" + dose(1))
    assert [describe(item) for item in readings(path)] == ["not-hl7", "administration"]
    path.write_bytes(b"")
    assert [describe(item) for item in readings(path)] == ["not-hl7"]


def test_an_empty_directory_and_a_damaged_file_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile):
        readings(tmp_path)
    (tmp_path / "a.hl7.gz").write_bytes(b"no gzip")
    with pytest.raises(BrokenFile):
        readings(tmp_path)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample data is not here")
def test_every_sample_ends_as_a_person_reading_it_agrees() -> None:
    files = sorted((SAMPLES / "hl7v2").glob("*.hl7"))
    found = {path.stem: " ".join(map(describe, readings(path))) for path in files}
    assert len(found) == 34
    expected = {path.stem: OUTCOMES.get(path.stem, "message-for-training") for path in files}
    assert found == expected
    assert Counter(found.values())["message-for-training"] == 22


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample data is not here")
def test_the_traps_of_the_samples_give_no_wrong_numbers() -> None:
    (tablet,) = one(readings(SAMPLES / "hl7v2" / "gcp_rde_o01_ex2.hl7"), Order).dosages
    assert (tablet.dose_high, tablet.as_needed) == (None, True)
    doses = readings(SAMPLES / "hl7v2" / "hapi_RAS_AbstractMessageTest_01.hl7")
    given = [
        item.event for item in doses if isinstance(item, Accepted) and isinstance(item.event, Administration)
    ]
    assert [str(item.dose) for item in given] == ["10 mg", "20 mg"]
    assert [item.effective_at.hour for item in given] == [8, 9]


TRAINING = {
    "lfh_ORU_Hl7ORUMessageTest_03": "115 1",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_01": "active 100 mg x2",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_02": "active 100 mg x2",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_03": "completed 100 mg x2",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_07": "stopped 100 mg x2",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_08": "stopped 100 mg x2",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_10": "missing-patient",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_11": "missing-patient",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_12": "missing-patient",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_16": "active 3 mL x1",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_18": "active ? x1",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_20": "missing-time",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_21": "missing-time",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_22": "missing-time",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_24": "missing-time",
    "lfh_RDE_Hl7MedicationRequestFHIRConversionTest_25": "missing-time",
    "lfh_RDE_Hl7RDEMessageTest_01": "active 2 g x1 intramuscular",
    "lfh_RDE_Hl7RDEMessageTest_02": "active 2 g x1",
    "lfh_RDE_Hl7RDEMessageTest_04": "active 2 g x1 intramuscular",
    "lfh_RDE_Hl7RDEMessageTest_05": "active 2 g x1 intramuscular, allergy",
    "lfh_RDE_Hl7RDEMessageTest_07": "active 2 g x1, 90 kg",
    "nhapi_RDE_PipeParserUnexpectedSegmentTests_01": "active 1 75 mg x? oral, allergy",
}
"""What the training messages say where a site lets them in, read from the files by hand."""


def spoken(reading: Reading) -> str:
    """A reading as state, dose, times a day and route; a question mark for what is not stated."""
    event = reading.event if isinstance(reading, Accepted) else None
    if isinstance(event, Observation):
        return str(event.value)
    if not isinstance(event, Order):
        return describe(reading)
    (dosage,) = event.dosages
    daily = dosage.times_high and dosage.period_seconds and dosage.times_high * 86_400 / dosage.period_seconds
    route = "" if dosage.route is Route.UNKNOWN else f" {dosage.route}"
    return f"{event.state} {dosage.dose_high or '?'} x{daily or '?'}{route}"


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample data is not here")
def test_training_messages_say_what_a_person_reads_in_them() -> None:
    found = {}
    for name in TRAINING:
        content = (SAMPLES / "hl7v2" / f"{name}.hl7").read_bytes()
        found[name] = ", ".join(map(spoken, told(content, Door(), care=frozenset({"T"})).readings))
    assert found == TRAINING
