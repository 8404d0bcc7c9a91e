"""`dosewarden intake` as a process: its settings, its sockets, its end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from services.intake.mllp.framing import framed
from services.intake.settings import Address, BadSettings, Settings
from services.launcher.servers.child import free_port
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.supervisor import ENDED_WITHIN_S
from tests.hanging import hanging
from tests.intake.http_door import FHIR, events
from tests.intake.mllp_peer import dose
from tests.intake.writing import administration

KEY = "a key of this test's own"
WITHIN_S = 60.0
SOURCES = """
sources:
  - name: engine
    certificate: {san: "DNS:engine.west.example"}
    facilities: any
    kinds: any
    maximum_silence: 15 min
"""


class Running:
    """The service as a process of its own."""

    def __init__(self, broker: EmbeddedBroker, log: Path, **settings: str) -> None:
        self.port = free_port()
        self.log = log
        environment = {
            "DOSEWARDEN_KAFKA": broker.bootstrap,
            "DOSEWARDEN_SITE_KEY": KEY,
            "DOSEWARDEN_INTAKE_HTTP": f"127.0.0.1:{self.port}",
        } | {f"DOSEWARDEN_{name}": value for name, value in settings.items()}
        with log.open("wb") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.intake"], env=os.environ | environment, stderr=words
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ready(self) -> None:
        async with asyncio.timeout(WITHIN_S), httpx.AsyncClient() as http:
            while True:
                assert self.process.poll() is None, self.log.read_text()
                try:
                    if (await http.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(WITHIN_S)


@pytest.fixture
def service(embedded_broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Running]:
    running = Running(embedded_broker, tmp_path / "intake.log", INTAKE_BODY_S="1")
    yield running
    running.process.kill()
    running.process.wait()


def body(name: str) -> bytes:
    return orjson.dumps(administration(id=name))


@pytest.mark.embedded
async def test_it_takes_a_dose_and_ends_in_good_order_with_words_that_name_nobody(
    service: Running, embedded_broker: EmbeddedBroker
) -> None:
    await service.ready()
    async with httpx.AsyncClient(base_url=service.url) as http:
        place = "/fhir/R4/MedicationAdministration/dose-of-ada?token=secret"
        answer = await http.put(place, content=body("dose-of-ada"), headers=FHIR)
        assert answer.status_code == 200
    assert service.end() == 0
    assert [event.entity for event in await events(embedded_broker)] == [
        "MedicationAdministration/dose-of-ada"
    ]
    words = service.log.read_text()
    assert "PUT /fhir/R4/{kind}/{identity} 200" in words
    assert not any(name in words for name in ("dose-of-ada", "secret", KEY, "Baclofen"))


@pytest.mark.embedded
async def test_slow_and_silent_clients_are_left_and_others_are_served(service: Running) -> None:
    await service.ready()
    place = ("127.0.0.1", service.port)
    head = b"POST /fhir/R4/MedicationAdministration HTTP/1.1\r\nhost: x\r\n"
    endless = head + b"x-long: " + b"a" * 200_000
    slow = head + b"content-type: application/json\r\ncontent-length: 500\r\n\r\n{"
    with (
        socket.create_connection(place, WITHIN_S),
        socket.create_connection(place, WITHIN_S) as long,
        socket.create_connection(place, WITHIN_S) as waiting,
    ):
        waiting.sendall(slow)
        long.sendall(endless)
        async with httpx.AsyncClient(base_url=service.url) as http:
            for number in range(20):
                answer = await http.post(
                    "/fhir/R4/MedicationAdministration", content=body(f"dose-{number}"), headers=FHIR
                )
                assert answer.status_code == 201
        assert (await asyncio.to_thread(waiting.recv, 100)).startswith(b"HTTP/1.1 408")
        assert await asyncio.to_thread(_left, long), "its head was too long"


@pytest.mark.embedded
async def test_a_body_that_is_too_large_is_answered_before_the_connection_is_closed(service: Running) -> None:
    await service.ready()
    async with httpx.AsyncClient(base_url=service.url) as http:
        for _ in range(20):
            answer = await http.post(
                "/fhir/R4/MedicationAdministration", content=b" " * 8_000_000, headers=FHIR
            )
            assert answer.status_code == 413


@pytest.mark.embedded
async def test_who_waits_for_kafka_when_it_is_told_to_stop_is_still_answered(
    service: Running, embedded_broker: EmbeddedBroker
) -> None:
    await service.ready()
    async with httpx.AsyncClient(base_url=service.url, timeout=WITHIN_S) as http:
        with hanging(embedded_broker.pid):
            waiting = asyncio.create_task(
                http.post("/fhir/R4/MedicationAdministration", content=body("last"), headers=FHIR)
            )
            async with asyncio.timeout(WITHIN_S):
                while (await http.get("/readyz")).status_code == 200:
                    pass
            service.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(WITHIN_S):
                while await _takes(service):
                    pass
        assert (await waiting).status_code == 201
    assert await asyncio.to_thread(service.process.wait, WITHIN_S) == 0
    assert [event.entity for event in await events(embedded_broker)] == ["MedicationAdministration/last"]


@pytest.mark.embedded
async def test_it_ends_within_the_launchers_patience_though_kafka_hangs_and_both_doors_wait(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    mllp = free_port()
    service = Running(
        embedded_broker, tmp_path / "intake.log", INTAKE_MLLP=f"127.0.0.1:{mllp}", INTAKE_PATIENCE_S="60"
    )
    try:
        await service.ready()
        reader, writer = await asyncio.open_connection("127.0.0.1", mllp)
        async with httpx.AsyncClient(base_url=service.url, timeout=WITHIN_S) as http:
            with hanging(embedded_broker.pid):
                writer.write(framed(dose("never-stored")))
                waiting = asyncio.create_task(
                    http.post("/fhir/R4/MedicationAdministration", content=body("last"), headers=FHIR)
                )
                async with asyncio.timeout(WITHIN_S):
                    while (await http.get("/readyz")).status_code == 200:
                        pass
                service.process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(service.process.wait, ENDED_WITHIN_S) == 0
                answer = await waiting
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
                assert await reader.read() == b"", "what is not stored gets no answer, and is sent again"
        writer.close()
    finally:
        service.process.kill()
        service.process.wait()
    assert service.log.read_text().rstrip().endswith("ended in good order")


def _left(connection: socket.socket) -> bool:
    """Whether the other side closed it without an answer."""
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True


async def _takes(service: Running) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", service.port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "site key"),
        ({"SITE_KEY": "short"}, "at least 16"),
        ({"SITE_KEY": KEY, "INTAKE_HTTP": "0.0.0.0:8180"}, "INTAKE_SOURCES"),
        ({"SITE_KEY": KEY, "INTAKE_HTTP": "hospital.example:8180"}, "INTAKE_SOURCES"),
        (
            {"SITE_KEY": KEY, "INTAKE_HTTP": "0.0.0.0:8180", "TIME_DOMAIN": "simulated"},
            "INTAKE_TRUST=network",
        ),
        ({"SITE_KEY": KEY, "INTAKE_TRUST": "network"}, "time is live"),
        ({"SITE_KEY": KEY, "INTAKE_SOURCES": "/nowhere.yaml"}, "/nowhere.yaml:1: it cannot be read"),
        ({"SITE_KEY": KEY, "INTAKE_HTTP": "8180"}, "HOST:PORT"),
        ({"SITE_KEY": KEY, "INTAKE_TRUST": "everybody"}, "loopback or network"),
        ({"SITE_KEY": KEY, "ZONE": "Vienna"}, "IANA"),
        ({"SITE_KEY": KEY, "INTAKE_BODY_S": "nan"}, "INTAKE_BODY_S"),
        ({"SITE_KEY": KEY, "TIME_DOMAIN": "told"}, "TIME_DOMAIN"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, str], word: str) -> None:
    with pytest.raises(BadSettings, match=word):
        Settings.from_environment({f"DOSEWARDEN_{name}": value for name, value in settings.items()})


def test_beyond_this_machine_tokens_are_taken_over_tls_only(tmp_path: Path) -> None:
    place = tmp_path / "sources.yaml"
    place.write_text(SOURCES)
    named = {
        "DOSEWARDEN_SITE_KEY": KEY,
        "DOSEWARDEN_INTAKE_HTTP": "0.0.0.0:8180",
        "DOSEWARDEN_INTAKE_SOURCES": str(place),
    }
    with pytest.raises(BadSettings, match="in clear"):
        Settings.from_environment(named)
    for allowed in ({"DOSEWARDEN_INTAKE_HTTP_CERTIFICATE": "x"}, {"DOSEWARDEN_INTAKE_TRUST": "network"}):
        found = Settings.from_environment(named | allowed).sources
        assert found is not None
        assert [source.name for source in found.sources] == ["engine"]


def test_doors_listen_on_this_machine_only_unless_the_network_is_trusted() -> None:
    plain = Settings.from_environment({"DOSEWARDEN_SITE_KEY": KEY})
    assert plain.http.loopback
    assert KEY not in repr(plain)
    named = {
        "DOSEWARDEN_SITE_KEY": KEY,
        "DOSEWARDEN_INTAKE_HTTP": "[::]:81",
        "DOSEWARDEN_INTAKE_TRUST": "network",
        "DOSEWARDEN_TIME_DOMAIN": "simulated",
    }
    assert Settings.from_environment(named).http == Address("::", 81)


def test_a_taken_address_ends_it_with_a_word_about_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        environment = {"DOSEWARDEN_SITE_KEY": KEY, "DOSEWARDEN_INTAKE_HTTP": place}
        ended = subprocess.run(
            [sys.executable, "-m", "services.intake"],
            env=os.environ | environment, capture_output=True, text=True, timeout=WITHIN_S, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert place in ended.stderr
