"""The servers and services of one run on this machine, and the settings by which they find each other."""

import asyncio
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException

from schemas.base import TimeDomain
from services.launcher.servers.child import Died, Refused, free_port, last_lines
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.local_store import LocalStore, store_binary
from services.launcher.supervisor import Service
from services.launcher.topics import ensure_topics
from services.notifier.stopping import Stop

_LOOK_EVERY_S = 0.5
_PARTITIONS = 4
_CONNECTED_WITHIN_S = 5.0
_HEARTBEAT_S = "0.5"
_TICK_S = "0.2"
"""The story's time runs two thousand times faster than the wall's: time is told more often than usual."""


@dataclass(frozen=True, slots=True)
class Given:
    """Servers that somebody else runs, empty where we start our own."""

    kafka: str = ""
    redis: str = ""


class Stack:
    """Starts what is not given, in a directory of its own that `end` removes."""

    def __init__(self, given: Given) -> None:
        self._given = given
        binary = None if given.redis else store_binary()
        self.directory = Path(tempfile.mkdtemp(prefix="dosewarden-"))
        self._broker = None if given.kafka else EmbeddedBroker(self.directory / "broker.log")
        self._store = LocalStore(binary, self.directory / "store") if binary else None
        self.site_key = secrets.token_hex(16)
        self.webhook_secret = secrets.token_hex(16)
        self._fhir_port = free_port()
        self._mllp_port = free_port()

    @property
    def kafka(self) -> str:
        """Where the broker is."""
        return self._broker.bootstrap if self._broker else self._given.kafka

    @property
    def redis(self) -> str:
        """Where the store is."""
        return self._store.url if self._store else self._given.redis

    @property
    def fhir(self) -> str:
        """The base URL of the FHIR door."""
        return f"http://127.0.0.1:{self._fhir_port}/fhir/R4"

    @property
    def mllp(self) -> str:
        """Where the door for HL7 v2 is."""
        return f"mllp://127.0.0.1:{self._mllp_port}"

    @property
    def embedded(self) -> bool:
        """Whether the broker is the stand-in."""
        return self._broker is not None

    @property
    def alone(self) -> bool:
        """Whether all servers are ours, and so empty."""
        return self._broker is not None and self._store is not None

    def last_words(self) -> str:
        """The last lines of each service's log."""
        logs = sorted(self.directory.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{last_lines(log)}" for log in logs)

    def start(self) -> None:
        """Start the servers and wait until they answer. Raises `Died` or `Refused`."""
        if self._broker:
            self._broker.start()
        else:
            self._ensure_topics()
        if self._store:
            self._store.start()

    def _ensure_topics(self) -> None:
        if not any(_listens(place) for place in self.kafka.split(",")):
            raise Refused(f"nothing listens at {self.kafka}: --kafka needs HOST:PORT of a running Kafka")
        try:
            ensure_topics(self.kafka, _PARTITIONS)
        except KafkaException as error:
            raise Refused(f"no Kafka answers at {self.kafka}: {error.args[0].str()}") from error

    def services(self, webhook: str) -> list[Service]:
        """The services to supervise, in the order of their start."""
        environment = self._environment(os.environ, webhook)
        return [
            Service("notifier", "services.notifier", environment, self.directory / "notifier.log"),
            Service("safety", "services.safety.processor", environment, self.directory / "safety.log"),
            Service("intake", "services.intake", environment, self.directory / "intake.log"),
            Service(
                "intake-kafka", "services.intake.kafka", environment, self.directory / "intake-kafka.log"
            ),
        ]

    def _environment(self, outer: Mapping[str, str], webhook: str) -> dict[str, str]:
        ours = {
            "KAFKA": self.kafka,
            "REDIS": self.redis,
            "SITE_KEY": self.site_key,
            "TIME_DOMAIN": TimeDomain.SIMULATED.value,
            "HEARTBEAT_S": _HEARTBEAT_S,
            "TICK_S": _TICK_S,
            "CHANNELS": "webhook",
            "WEBHOOK_URL": webhook,
            "WEBHOOK_SECRET": self.webhook_secret,
            "WEBHOOK_LOOPBACK": "1",
            "INTAKE_HTTP": f"127.0.0.1:{self._fhir_port}",
            "INTAKE_MLLP": f"127.0.0.1:{self._mllp_port}",
        }
        foreign = {name: value for name, value in outer.items() if not name.startswith("DOSEWARDEN_")}
        return foreign | {f"DOSEWARDEN_{name}": value for name, value in ours.items()}

    async def watch(self, stop: Stop) -> None:
        """See that our servers live, until `stop`. Raises `Died`."""
        while not await stop.sleep(_LOOK_EVERY_S):
            if self._broker and not self._broker.running:
                log = self.directory / "broker.log"
                raise Died(f"the embedded broker ended; its last words:\n{last_lines(log)}")
            if self._store and not self._store.running:
                raise Died(f"the store ended; its last words:\n{last_lines(self._store.log)}")

    async def end(self) -> None:
        """End the servers and remove the directory."""
        for server in (self._store, self._broker):
            if server is not None:
                await asyncio.to_thread(server.stop)
        shutil.rmtree(self.directory, ignore_errors=True)


def _listens(place: str) -> bool:
    host, _, port = place.strip().rpartition(":")
    try:
        with socket.create_connection((host, int(port)), _CONNECTED_WITHIN_S):
            return True
    except (OSError, ValueError, OverflowError):
        return False
