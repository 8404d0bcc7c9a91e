"""Files as sources write them, and their readings."""

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from schemas.clinical import Administration, Order, PatientFact
from services.intake.door import Door
from services.intake.formats import read
from services.intake.reading import Accepted, Reading, Rejected, Skipped

DAY = Decimal(86_400)
"""In seconds."""
SAMPLES = Path(__file__).parents[2].parent / "shared" / "data"
"""Sample data of other projects, read where it lies; tests of it are skipped where it does not."""

F = TypeVar("F", bound=PatientFact)


def at(text: str) -> datetime:
    """A moment of the stories, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read_fhir(directory: Path, *resources: dict[str, Any], door: Door | None = None) -> list[Reading]:
    """The readings of resources written as NDJSON."""
    path = directory / "resources.ndjson"
    path.write_text("\n".join(json.dumps(resource) for resource in resources))
    return list(read("fhir", [path], door or Door()))


def one(readings: Sequence[Reading], kind: type[F]) -> F:
    """The only fact of its kind; fails where it was rejected or skipped."""
    found = [item.event for item in readings if isinstance(item, Accepted) and isinstance(item.event, kind)]
    assert len(found) == 1, [describe(reading) for reading in readings]
    return found[0]


def describe(reading: Reading) -> str:
    """A reading in a few words."""
    if isinstance(reading, Accepted):
        return reading.event.kind
    return reading.rejection.reason if isinstance(reading, Rejected) else reading.reason


def rejected(readings: Sequence[Reading]) -> list[Rejected]:
    return [item for item in readings if isinstance(item, Rejected)]


def skipped(readings: Sequence[Reading]) -> list[Skipped]:
    return [item for item in readings if isinstance(item, Skipped)]


def request(**more: Any) -> dict[str, Any]:
    """A MedicationRequest: baclofen 5 mg three times a day; None leaves an element out."""
    resource = {
        "resourceType": "MedicationRequest",
        "id": "order-1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1292"}],
            "text": "Baclofen",
        },
        "subject": {"reference": "Patient/ada"},
        "authoredOn": "2026-03-02T08:00:00Z",
        "dosageInstruction": [instruction()],
    } | more
    return {name: value for name, value in resource.items() if value is not None}


def instruction(**more: Any) -> dict[str, Any]:
    """A dosage instruction; None leaves an element out."""
    element = {
        "sequence": 1,
        "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
        "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
        "doseAndRate": [{"doseQuantity": amount(5, "mg")}],
    } | more
    return {name: value for name, value in element.items() if value is not None}


def timed(repeat: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The one instruction of an order, with this `Timing.repeat`."""
    return [instruction(timing={"repeat": repeat}, **more)]


def amount(value: float, unit: str) -> dict[str, Any]:
    """A UCUM Quantity."""
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def administration(**more: Any) -> dict[str, Any]:
    """A MedicationAdministration of 10 mg baclofen; None leaves an element out."""
    resource = {
        "resourceType": "MedicationAdministration",
        "id": "dose-1",
        "status": "completed",
        "medicationCodeableConcept": {"text": "Baclofen"},
        "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T08:00:00Z",
        "dosage": {"dose": amount(10, "mg")},
    } | more
    return {name: value for name, value in resource.items() if value is not None}


def order_of(directory: Path, **more: Any) -> Order:
    """The order that a request becomes."""
    return one(read_fhir(directory, request(**more)), Order)


def dose_of(directory: Path, **more: Any) -> Administration:
    """The administration that a MedicationAdministration becomes."""
    return one(read_fhir(directory, administration(**more)), Administration)


def write_table(
    directory: Path, name: str, rows: Sequence[Mapping[str, object]], *, packed: bool = True
) -> None:
    """A MIMIC-III table of these rows."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = ",".join(columns) + "\n"
    text += "".join(",".join(str(row.get(column, "")) for column in columns) + "\n" for row in rows)
    if packed:
        (directory / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    else:
        (directory / f"{name}.csv").write_text(text)
