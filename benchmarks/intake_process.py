"""The intake service in a process of its own over a broker, for benchmarks of its doors."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from services.launcher.servers.child import free_port
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics

_PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Intake:
    """`port` is that of its HTTP door; the process has ended when the context is left."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """The address of its HTTP door."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """User and system seconds of its process."""
        return cpu_s(self.process.pid)


@contextmanager
def intake_process(log: IO[bytes], *, real: bool = False, **settings: str) -> Iterator[Intake]:
    """The service, once Kafka answers it; its log goes to `log`, `settings` are names without the prefix."""
    port = free_port()
    with _broker(real=real) as bootstrap:
        stated = {
            "KAFKA": bootstrap,
            "SITE_KEY": "a key of this benchmark only",
            "INTAKE_HTTP": f"127.0.0.1:{port}",
        } | settings
        environment = {f"DOSEWARDEN_{name}": value for name, value in stated.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "services.intake"], env=os.environ | environment, stderr=log
        )
        try:
            intake = Intake(port, process)
            asyncio.run(_ready(intake.url))
            yield intake
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _broker(*, real: bool) -> Iterator[str]:
    """The address of a broker with our topics."""
    with tempfile.TemporaryDirectory() as name:
        broker = RealKafka(Path(name)) if real else EmbeddedBroker()
        broker.start()
        try:
            if real:
                ensure_topics(broker.bootstrap, _PARTITIONS)
            yield broker.bootstrap
        finally:
            broker.stop()


def cpu_s(pid: int) -> float:
    """User and system seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _ready(url: str) -> None:
    async with httpx.AsyncClient() as http:
        while True:
            try:
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
