"""What is answered: a status, headers and a resource, for one statement or for every entry of a Bundle."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.intake.allowing import NOT_ALLOWED
from services.intake.fhir.naming import digest, entity
from services.intake.http.bundles import TRANSACTION, Entry
from services.intake.http.outcomes import Json, error, issue, outcome
from services.intake.http.remarks import remarks
from services.intake.http.statements import Statement
from services.intake.reading import Accepted, Reading, Rejected

BASE = "/fhir/R4"
_ID = re.compile(r"^[A-Za-z0-9\-.]{1,64}$")
_UNSHAPED = frozenset({"not-json", "duplicate-key", "nested-too-deep", "wrong-url"})
_MOST_LINES_TOLD = 200
_STATUS = {
    200: "200 OK",
    201: "201 Created",
    400: "400 Bad Request",
    403: "403 Forbidden",
    405: "405 Method Not Allowed",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


def resource_answer(statement: Statement, *, created: bool) -> Answer:
    """The answer to one resource, once Kafka has it; `created` for a POST."""
    body = outcome(issues(statement))
    if statement.rejected:
        return Answer(status_of(statement.readings), body)
    if not statement.accepted:
        return Answer(200, body)
    location, tag = _named(statement.resource)
    headers = {"etag": tag} | ({"location": location} if created else {})
    return Answer(201 if created else 200, body, headers)


def status_of(readings: Iterable[Reading]) -> int:
    """400 for what is no JSON or goes to the wrong place, 403 for what its source may not say, 413 for what
    is too large, else 422.
    """
    reasons = {reading.rejection.reason for reading in readings if isinstance(reading, Rejected)}
    if reasons == {NOT_ALLOWED}:
        return 403
    if reasons and reasons <= _UNSHAPED:
        return 400
    return 413 if reasons == {"too-large"} else 422


def bundle_answer(kind: str, entries: Sequence[Entry], at: datetime | None) -> Answer:
    """The answer to a Bundle. A transaction with a rejected entry is refused as a whole."""
    if kind == TRANSACTION and any(entry.rejected for entry in entries):
        found = [
            told
            for entry in entries
            for statement in entry.statements
            if statement.rejected
            for told in issues(statement)
        ]
        rejected = [reading for entry in entries for item in entry.statements for reading in item.readings]
        return Answer(403 if status_of(rejected) == 403 else 422, outcome(found))
    response = "transaction-response" if kind == TRANSACTION else "batch-response"
    body: Json = {"resourceType": "Bundle", "type": response}
    if entries:
        body["entry"] = [{"response": _response(entry, at)} for entry in entries]
    return Answer(200, body)


def _response(entry: Entry, at: datetime | None) -> Json:
    told = outcome(told for statement in entry.statements for told in issues(statement))
    if entry.rejected:
        readings = [reading for statement in entry.statements for reading in statement.readings]
        reasons = {reading.rejection.reason for reading in readings if isinstance(reading, Rejected)}
        status = 405 if reasons == {"unsupported-method"} else status_of(readings)
        return {"status": _STATUS.get(status, "422 Unprocessable Entity"), "outcome": told}
    first = entry.statements[0] if entry.statements else None
    if len(entry.statements) != 1 or first is None or not isinstance(first.readings[0], Accepted):
        return {"status": _STATUS[200], "outcome": told}
    location, tag = _named(first.resource)
    found: Json = {
        "status": _STATUS[201 if entry.method == "POST" else 200],
        "location": location,
        "etag": tag,
    }
    if at is not None:
        found["lastModified"] = at.isoformat().replace("+00:00", "Z")
    return found | {"outcome": told}


def lines_answer(statements: Sequence[Statement]) -> Answer:
    """The answer to NDJSON: counts of lines, and which were rejected with why. 422 where all were."""
    rejected = [statement for statement in statements if statement.rejected]
    skipped = [statement for statement in statements if not (statement.rejected or statement.accepted)]
    counts = {
        "accepted": len(statements) - len(rejected) - len(skipped),
        "rejected": len(rejected),
        "skipped": len(skipped),
    }
    told = [
        found | {"diagnostics": f"Line {reading.rejection.origin.line}: {found['diagnostics']}"}
        for item in rejected[:_MOST_LINES_TOLD]
        for reading, found in zip(item.readings, issues(item), strict=False)
        if isinstance(reading, Rejected)
    ]
    if len(rejected) > _MOST_LINES_TOLD:
        more = f"{len(rejected) - _MOST_LINES_TOLD} more lines were rejected: dosewarden rejected list"
        told.append(issue("error", "processing", more))
    parameters: list[Json] = [{"name": name, "valueInteger": count} for name, count in counts.items()]
    parameters.append({"name": "outcome", "resource": outcome(told or _all_well(statements))})
    status = 200
    if rejected and len(rejected) == len(statements):
        status = 403 if status_of([item for line in rejected for item in line.readings]) == 403 else 422
    return Answer(status, {"resourceType": "Parameters", "parameter": parameters})


def _all_well(statements: Sequence[Statement]) -> Iterator[Json]:
    if statements:
        yield issue("information", "informational", "no line was rejected")


def issues(statement: Statement) -> Iterator[Json]:
    """What is said about one statement, by its place."""
    for reading in statement.readings:
        if isinstance(reading, Rejected):
            record = reading.rejection
            yield error(record.reason, record.detail, _within(statement.place, reading.path))
        elif isinstance(reading, Accepted):
            place = _within(statement.place, str(statement.resource["resourceType"])) or ""
            yield issue("information", "informational", f"read as {reading.event.kind}", expression=place)
            yield from remarks(reading.event, place)
        else:
            yield issue(
                "information",
                "not-supported",
                "understood, and of no concern here: nothing of it is kept",
                reason=reading.reason.partition(":")[0],
                expression=statement.place or None,
            )


def _within(place: str, path: str | None) -> str | None:
    """A path that begins with the resource's type, seen from the request."""
    if not path:
        return place or None
    if not place or path.startswith(place):
        return path
    _, dot, rest = path.partition(".")
    return place + dot + rest


def _named(resource: Json) -> tuple[str, str]:
    """Location and ETag: the source's own id and version where FHIR allows their form, else digests, so that
    the same content has the same name.
    """
    own, meta = resource.get("id"), resource.get("meta")
    name = own if isinstance(own, str) and _ID.match(own) else _short(entity(resource))
    stated = meta.get("versionId") if isinstance(meta, dict) else None
    version = stated if isinstance(stated, str) and _ID.match(stated) else digest(resource)
    return f"{BASE}/{resource['resourceType']}/{name}/_history/{version}", f'W/"{version}"'


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
