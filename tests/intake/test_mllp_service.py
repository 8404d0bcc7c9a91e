"""The intake service with both its doors: one acceptor, one end."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from schemas.clinical import CLINICAL_EVENT
from schemas.topics import PATIENT_EVENTS
from services.intake.app import run
from services.intake.mllp.settings import MllpSettings
from services.intake.settings import Address, Settings
from services.launcher.servers.child import free_port
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.mllp_peer import WITHIN_S, Peer, dose
from tests.intake.test_publisher import SITE, records_of

pytestmark = pytest.mark.embedded


async def connected(port: int) -> Peer:
    """A peer, as soon as the door listens."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return Peer(*await asyncio.open_connection("127.0.0.1", port))
            except OSError:
                await asyncio.sleep(0)


async def test_the_service_takes_messages_beside_fhir_and_ends_when_told_to(
    embedded_broker: EmbeddedBroker,
) -> None:
    http, mllp = (Address("127.0.0.1", free_port()) for _ in range(2))
    settings = replace(Settings(), kafka=embedded_broker.bootstrap, site=SITE, http=http)
    stop = asyncio.Event()
    serving = asyncio.create_task(run(settings, stop, mllp=MllpSettings(mllp, source="west")))
    peer = await connected(mllp.port)
    assert await peer.brings(dose("S1")) == ("AA", "S1")
    async with httpx.AsyncClient() as client:
        async with asyncio.timeout(WITHIN_S):
            answer = await client.get(f"http://127.0.0.1:{http.port}/fhir/R4/metadata")
    assert answer.status_code == 200
    stop.set()
    assert await peer.hung_up() == b""
    await serving
    peer.writer.transport.abort()
    records = await records_of(embedded_broker, PATIENT_EVENTS.name)
    (event,) = [CLINICAL_EVENT.validate_json(one.value) for found in records.values() for one in found]
    assert event.source == "west"
