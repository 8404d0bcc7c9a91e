"""The FHIR door in this process, over a real acceptor and a broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
import orjson

from schemas.clinical import CLINICAL_EVENT
from schemas.rejections import RejectedEvent
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS
from services.intake.accepting import Acceptor
from services.intake.door import Door
from services.intake.http.service import service
from services.intake.settings import HttpLimits
from tests.intake.test_publisher import SITE, records_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The clock of the door: an hour after the doses of the stories."""
FHIR = {"content-type": "application/fhir+json"}
NDJSON = {"content-type": "application/fhir+ndjson"}
Json = dict[str, Any]


class Broker(Protocol):
    """Whatever can be reached under an address."""

    @property
    def bootstrap(self) -> str: ...


class Client:
    """A hospital's system: it sends resources and reads the answers."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def post(self, place: str, content: object, **headers: str) -> httpx.Response:
        """POST to a place below the base, as FHIR's JSON unless the headers say otherwise."""
        body = content if isinstance(content, bytes) else orjson.dumps(content)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(f"/fhir/R4{place}", content=body, headers=FHIR | named)

    async def put(self, place: str, content: object) -> httpx.Response:
        return await self.http.put(f"/fhir/R4{place}", content=orjson.dumps(content), headers=FHIR)


@asynccontextmanager
async def opened(
    broker: Broker, *, limits: HttpLimits | None = None, door: Door | None = None, **acceptor: Any
) -> AsyncIterator[Client]:
    """The door, open while the context lasts."""
    door = door or Door("ehr", clock=lambda: NOW)
    async with Acceptor(broker.bootstrap, SITE, door, **acceptor) as accepting:
        app = service(accepting, door, "ehr", limits or HttpLimits())
        transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
            yield Client(http)


async def events(broker: Broker) -> list[Any]:
    """All clinical events on the broker, partition by partition."""
    found = await records_of(broker, PATIENT_EVENTS.name)
    return [CLINICAL_EVENT.validate_json(record.value) for records in found.values() for record in records]


async def rejections(broker: Broker) -> list[RejectedEvent]:
    found = await records_of(broker, REJECTED_EVENTS.name)
    return [RejectedEvent.model_validate_json(item.value) for records in found.values() for item in records]


def told(response: httpx.Response) -> list[tuple[str, str, str]]:
    """Severity, code and the first expression of each issue of an OperationOutcome."""
    body = response.json()
    assert body["resourceType"] == "OperationOutcome", body
    return [(issue["severity"], issue["code"], issue.get("expression", [""])[0]) for issue in body["issue"]]


def bundle(kind: str, *resources: Json) -> Json:
    """A Bundle of a type, each entry a PUT where its type asks for something."""
    asks = kind in ("batch", "transaction")
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [
            {"fullUrl": f"urn:uuid:{number}", "resource": resource}
            | (
                {"request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource.get('id', 'x')}"}}
                if asks
                else {}
            )
            for number, resource in enumerate(resources)
        ],
    }
