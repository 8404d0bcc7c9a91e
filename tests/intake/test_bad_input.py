"""Bad input of every kind through `dosewarden feed`: rejected with reason and origin, marked at its patient,
and the good statements around it arrive.
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter

from schemas.clinical import CLINICAL_EVENT, ClinicalEvent, UnreadableFact
from schemas.identity import SiteKey
from schemas.rejections import RejectedEvent
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS
from services.cli.feed import feed
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.mimic3_tables import ITEMS, given
from tests.intake.test_events import dose
from tests.intake.test_publisher import records_of
from tests.intake.writing import administration, amount, write_table

pytestmark = pytest.mark.embedded
SECRET = "a site key for these tests only"
PATIENT = {"events": "ada", "fhir": "ada", "mimic3": "7"}
MANY = 22_500
"""Codings of a statement below 1 MiB as it is written, and above 1 MB as a record."""
FIVE_MB = 5_000_000


def events(bad: dict[str, Any] | bytes, directory: Path) -> Path:
    """The bad line between two good ones."""
    return _lines(directory / "in.jsonl", dose(event_id="before", entity="dose/before"), bad,
                  dose(event_id="after", entity="dose/after"))  # fmt: skip


def fhir(bad: dict[str, Any] | bytes, directory: Path) -> Path:
    """The bad resource between two good ones."""
    return _lines(directory / "in.ndjson", administration(id="before"), bad, administration(id="after"))


def mimic3(bad: dict[str, Any] | bytes, directory: Path) -> Path:
    """The bad row between two good ones."""
    assert isinstance(bad, dict)
    write_table(directory, "D_ITEMS", ITEMS, packed=False)
    rows = [given(ROW_ID="before"), given(ROW_ID="bad") | bad, given(ROW_ID="after")]
    write_table(directory, "INPUTEVENTS_MV", rows)
    return directory


def _lines(path: Path, *lines: dict[str, Any] | bytes) -> Path:
    path.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    )
    return path


Writer = Callable[[dict[str, Any] | bytes, Path], Path]
CODED = {"text": "baclofen", "codings": [{"system": "local", "code": f"{n:06}"} for n in range(MANY)]}
CONCEPT = {"coding": [{"code": f"{n:06}"} for n in range(MANY)]}
TABLE: list[tuple[str, Writer, dict[str, Any] | bytes, str, bool]] = [
    ("events-not-json", events, b"not json", "not-json", False),
    ("events-wrong-schema", events, dose(entity="dose/bad", colour="red"), "wrong-schema", True),
    ("events-negative-dose", events, dose(entity="dose/bad", dose={"value": "-1", "unit": "mg"}),
     "negative-value", True),
    ("events-end-before-start", events, dose(entity="dose/bad", ended_at="2026-03-02T07:00:00Z"),
     "end-before-start", True),
    ("events-future-dose", events, dose(entity="dose/bad", effective_at="2026-03-02T09:00:00Z"),
     "future-event", True),
    ("events-5-mb", events, json.dumps(dose(source="x" * FIVE_MB)).encode(), "too-large", False),
    ("events-too-large-for-kafka", events, dose(entity="dose/bad", medication=CODED), "too-large", True),
    ("fhir-not-json", fhir, b'{"resourceType": "MedicationAdministration"', "not-json", False),
    ("fhir-no-resource", fhir, {"kind": "administration"}, "wrong-schema", False),
    ("fhir-wrong-schema", fhir, administration(id="bad", dosage={"dose": 10}), "wrong-schema", True),
    ("fhir-negative-dose", fhir, administration(id="bad", dosage={"dose": amount(-1, "mg")}),
     "negative-value", True),
    ("fhir-end-before-start", fhir,
     administration(id="bad", effectiveDateTime=None,
                    effectivePeriod={"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T07:00:00Z"}),
     "end-before-start", True),
    ("fhir-future-dose", fhir,
     administration(id="bad", effectiveDateTime="2026-03-02T10:00:00Z",
                    meta={"lastUpdated": "2026-03-02T09:00:00Z"}), "future-event", True),
    ("fhir-5-mb", fhir, administration(id="bad", note=[{"text": "x" * FIVE_MB}]), "too-large", False),
    ("fhir-too-large-for-kafka", fhir,
     administration(id="bad", medicationCodeableConcept=CONCEPT), "too-large", True),
    ("mimic3-wrong-schema", mimic3, {"STATUSDESCRIPTION": "FinishedRunning,one,more"}, "wrong-columns", True),
    ("mimic3-no-number", mimic3, {"AMOUNT": "four"}, "bad-number", True),
    ("mimic3-negative-dose", mimic3, {"AMOUNT": "-4"}, "negative-value", True),
    ("mimic3-end-before-start", mimic3, {"ENDTIME": "2150-03-02 07:00:00"}, "end-before-start", True),
    ("mimic3-future-dose", mimic3, {"STORETIME": "2150-03-02 04:00:00"}, "future-event", True),
    ("mimic3-5-mb", mimic3, {"ORDERCATEGORYNAME": "x" * FIVE_MB}, "too-large", True),
]  # fmt: skip
UNKNOWN_UNIT: list[tuple[str, Writer, dict[str, Any]]] = [
    ("events", events, dose(entity="dose/bad", dose={"value": "2", "unit": "spoonful"})),
    ("fhir", fhir, administration(id="bad", dosage={"dose": {"value": 2, "unit": "spoonful"}})),
    ("mimic3", mimic3, {"AMOUNTUOM": "spoonful"}),
]


def fed(fmt: str, path: Path, broker: EmbeddedBroker) -> tuple[list[ClinicalEvent], list[RejectedEvent]]:
    """What stands in Kafka once the feed command has ended, which it does with 0."""
    environment = {"DOSEWARDEN_SITE_KEY": SECRET, "DOSEWARDEN_KAFKA": broker.bootstrap}
    done = CliRunner().invoke(feed, ["--format", fmt, str(path)], env=environment)
    assert done.exit_code == 0, done.output
    return (
        _read(broker, PATIENT_EVENTS.name, CLINICAL_EVENT),
        _read(broker, REJECTED_EVENTS.name, TypeAdapter(RejectedEvent)),
    )


def _read(broker: EmbeddedBroker, topic: str, kind: TypeAdapter[Any]) -> list[Any]:
    found = asyncio.run(records_of(broker, topic))
    return [kind.validate_json(record.value) for records in found.values() for record in records]


@pytest.mark.parametrize(("writer", "bad", "reason", "marked"), [row[1:] for row in TABLE],
                         ids=[row[0] for row in TABLE])  # fmt: skip
def test_it_stands_in_rejected_events_with_reason_and_origin_and_the_stream_goes_on(
    embedded_broker: EmbeddedBroker, tmp_path: Path,
    writer: Writer, bad: dict[str, Any] | bytes, reason: str, marked: bool,
) -> None:  # fmt: skip
    fmt = writer.__name__
    stated, rejects = fed(fmt, writer(bad, tmp_path), embedded_broker)
    assert [reject.reason for reject in rejects] == [reason]
    origin = rejects[0].origin
    assert (rejects[0].hop, origin.door, origin.line) == ("intake", fmt, 3 if fmt == "mimic3" else 2)
    assert origin.path and rejects[0].detail
    assert rejects[0].length > 0
    doses = [event.entity for event in stated if event.kind == "administration"]
    assert [name.rpartition("/")[2] for name in doses] == ["before", "after"]
    marks = [event for event in stated if isinstance(event, UnreadableFact)]
    key = SiteKey(SECRET.encode()).patient_key(PATIENT[fmt])
    assert [(mark.patient, mark.reason) for mark in marks] == ([(key, reason)] if marked else [])


@pytest.mark.parametrize(("fmt", "writer", "bad"), UNKNOWN_UNIT, ids=[row[0] for row in UNKNOWN_UNIT])
def test_an_unknown_unit_arrives_as_it_was_stated(
    embedded_broker: EmbeddedBroker, tmp_path: Path, fmt: str, writer: Writer, bad: dict[str, Any]
) -> None:
    stated, rejects = fed(fmt, writer(bad, tmp_path), embedded_broker)
    assert rejects == []
    units = [event.dose.unit for event in stated if event.kind == "administration" and event.dose]
    assert units == ["mg", "spoonful", "mg"]
