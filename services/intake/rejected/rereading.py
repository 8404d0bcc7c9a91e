"""The original of a rejection, read once more by the reader of its door."""

from collections.abc import Callable
from typing import Any

from schemas.rejections import Origin
from services.intake import events
from services.intake.door import Door
from services.intake.fhir.documents import FORMAT as FHIR
from services.intake.fhir.header import Context
from services.intake.fhir.references import Known
from services.intake.fhir.resources import read_resource
from services.intake.hl7v2 import FORMAT as HL7V2
from services.intake.hl7v2 import read_message
from services.intake.json_text import parse
from services.intake.kafka.envelope import opened
from services.intake.kafka.reading import DOOR as KAFKA
from services.intake.lines import Line
from services.intake.reading import Reading, Rejected, Unreadable
from services.intake.rejecting import rejection

Again = Callable[[bytes, Origin, Door], tuple[Reading, ...]]


class CannotRetry(Exception):
    """Reading the original alone would say nothing, or something else than its sender said. The message is a
    sentence without anything of the payload.
    """


def _read_hl7v2(original: bytes, origin: Origin, door: Door) -> tuple[Reading, ...]:
    return read_message(original, origin, door).readings


def _read_event(original: bytes, origin: Origin, door: Door) -> tuple[Reading, ...]:
    line = Line(origin.line or 1, original, len(original), "", True)
    return (events.read_line(line, origin, door),)


def _read_kafka(original: bytes, origin: Origin, door: Door) -> tuple[Reading, ...]:
    """Without its headers, which are not kept and say nothing of the event."""
    content = opened(original, ())
    return (events.read_text(content.text, origin, door, original=original, fault=content.fault),)


def _read_fhir(original: bytes, origin: Origin, door: Door) -> tuple[Reading, ...]:
    source = door.source or FHIR
    try:
        resource = parse(original)
    except Unreadable as error:
        return (Rejected(rejection(origin, original, error), source, path=error.path),)
    if isinstance(resource, dict) and resource.get("resourceType") in ("Bundle", "Parameters"):
        raise CannotRetry("it was a whole request: its sender must send it again")
    if _leads_out(resource):
        raise CannotRetry(
            "it refers to other resources of the request it came in, which are not kept: its sender must send"
            " both again"
        )
    try:
        return tuple(read_resource(resource, origin, Context(door, Known(), source), original))
    except RecursionError:
        deep = Unreadable("nested-too-deep", "objects or lists are nested too deep")
        return (Rejected(rejection(origin, original, deep), source),)


def _leads_out(resource: Any) -> bool:
    """Whether what a resource means stands partly in others: the drug, or whoever has a name of this request
    only. Read without them it would say less, or speak of somebody else.
    """
    if not isinstance(resource, dict):
        return False
    drugs = [resource.get("medicationReference")]
    if isinstance(resource.get("medication"), dict):
        drugs.append(resource["medication"].get("reference"))
    named = [drug.get("reference") for drug in drugs if isinstance(drug, dict)]
    return any(isinstance(name, str) and not name.startswith("#") for name in named) or _names_urn(resource)


def _names_urn(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            name = item.get("reference")
            if isinstance(name, str) and name.startswith("urn:"):
                return True
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return False


READERS: dict[str, Again] = {"events": _read_event, FHIR: _read_fhir, HL7V2: _read_hl7v2, KAFKA: _read_kafka}
"""By the door that an origin names. A row of a table is read with the tables beside it, never alone."""
