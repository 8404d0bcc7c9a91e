"""A door that did not understand something, and the rejection as it stands in the topic afterwards."""

from datetime import datetime

import orjson

from schemas.rejections import Origin, RejectedEvent
from services.intake.door import Door
from services.intake.fhir.header import Context
from services.intake.fhir.references import Known
from services.intake.fhir.resources import read_resource
from services.intake.reading import Reading, Rejected, unreadable_fact
from services.intake.records import Records
from services.intake.rejected.rereading import READERS
from services.intake.rejected.topic import Entry
from tests.intake.test_publisher import SITE

FHIR, HL7V2, EVENTS = "fhir", "hl7v2", "events"


def readings_of(door: str, content: bytes, stamps: Door) -> tuple[Reading, ...]:
    """What the door reads in a message."""
    origin = Origin(door=door, path="ward", line=1)
    if door != FHIR:
        return READERS[door](content, origin, stamps)
    return tuple(read_resource(orjson.loads(content), origin, Context(stamps, Known(), "ehr"), content))


def entries_of(door: str, content: object, stamps: Door, at: datetime) -> list[Entry]:
    """The rejections of a message, in its order."""
    original = content if isinstance(content, bytes) else orjson.dumps(content)
    records = Records(SITE, stamps, 4)
    found: list[Entry] = []
    for reading in readings_of(door, original, stamps):
        if isinstance(reading, Rejected):
            record, *_ = records.of(reading, unreadable_fact(reading, stamps))
            told = RejectedEvent.model_validate_json(record.value)
            found.append(Entry(0, len(found), at, told))
    return found


def entry_of(door: str, content: object, stamps: Door, at: datetime) -> Entry:
    """The only rejection of a message."""
    (entry,) = entries_of(door, content, stamps, at)
    return entry
