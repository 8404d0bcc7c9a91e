"""`dosewarden intake` as a process with declared sources: what its settings make of both doors."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.launcher.servers.child import free_port
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.authority import Authority, Identity
from tests.intake.http_door import FHIR, events
from tests.intake.mllp_peer import WITHIN_S, Peer, dose
from tests.intake.test_intake_service import Running, body

pytestmark = pytest.mark.embedded


class Sourced:
    """The process, with one source that is known by its certificate at both doors."""

    def __init__(self, broker: EmbeddedBroker, directory: Path) -> None:
        self.authority = Authority(directory, "West Hospital CA")
        self.engine = self.authority.signed("engine", "engine.west.example")
        place = directory / "sources.yaml"
        place.write_text(
            "sources:\n  - {name: engine, certificate: {san: 'DNS:engine.west.example'}, facilities: any,"
            " kinds: [administration], maximum_silence: 15 min}\n"
        )
        ours = self.authority.signed("the door")
        self.mllp = free_port()
        settings = {"INTAKE_SOURCES": str(place), "INTAKE_MLLP": f"127.0.0.1:{self.mllp}"}
        for door in ("INTAKE_HTTP", "INTAKE_MLLP"):
            settings |= {
                f"{door}_CERTIFICATE": str(ours.certificate),
                f"{door}_KEY": str(ours.key),
                f"{door}_CLIENT_CA": str(self.authority.file),
            }
        self.running = Running(broker, directory / "intake.log", **settings)

    def client(self, shown: Identity | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.running.port}", verify=self.authority.client(shown)
        )

    async def ready(self) -> None:
        """Wait until it takes something; nobody must show who they are to ask that."""
        async with asyncio.timeout(WITHIN_S), self.client(None) as http:
            while True:
                assert self.running.process.poll() is None, self.running.log.read_text()
                try:
                    if (await http.get("/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    async def peer(self, shown: Identity | None) -> Peer:
        tls = self.authority.client(shown)
        return Peer(
            *await asyncio.open_connection("127.0.0.1", self.mllp, ssl=tls, server_hostname="localhost")
        )


@pytest.fixture
def sourced(embedded_broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Sourced]:
    made = Sourced(embedded_broker, tmp_path)
    yield made
    made.running.process.kill()
    made.running.process.wait()


async def test_both_doors_know_the_source_by_its_certificate_and_strangers_get_nothing_in(
    sourced: Sourced, embedded_broker: EmbeddedBroker
) -> None:
    await sourced.ready()
    place = "/fhir/R4/MedicationAdministration"
    async with sourced.client(sourced.engine) as http:
        assert (await http.post(place, content=body("dose-1"), headers=FHIR)).status_code == 201
    async with sourced.client(sourced.authority.signed("stranger", "elsewhere")) as http:
        assert (await http.post(place, content=body("dose-2"), headers=FHIR)).status_code == 401
    peer = await sourced.peer(sourced.engine)
    assert await peer.brings(dose("A1")) == ("AA", "A1")
    peer.writer.transport.abort()
    stranger = await sourced.peer(sourced.authority.signed("stranger", "elsewhere"))
    stranger.writer.write(dose("A2"))
    assert await stranger.hung_up() == b""
    stranger.writer.transport.abort()
    assert sourced.running.end() == 0
    stated = [event for event in await events(embedded_broker) if event.kind == "administration"]
    assert [event.source for event in stated] == ["engine", "engine"]
    words = sourced.running.log.read_text()
    assert "127.0.0.1 (engine) POST /fhir/R4/{kind} 201" in words
    assert "127.0.0.1 POST /fhir/R4/{kind} 401" in words
    assert "stranger is turned away" in words
    assert "FHIR R4 at https://" in words
