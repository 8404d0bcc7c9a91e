"""The services of docker-compose.yml as processes of this machine: their commands, settings and healthchecks,
on the servers' own configurations, with other ports and places.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.launcher.own_authority import make
from services.launcher.servers.child import end, free_port, spawn
from services.launcher.servers.real_kafka import RealKafka
from tests.deploy.compose import ROOT, ours, secret_files, services, settings

_KAFKA = ROOT / "deploy/compose/kafka.properties"
_STORE = ROOT / "deploy/compose/store.conf"


@dataclass
class Here:
    """Where each place of the containers is on this machine. `redis` is a server's binary."""

    directory: Path
    redis: Path
    started: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.secrets = self.directory / "secrets"
        make(self.secrets)
        inside = (9092, 19092, 9093, 9094, 6379, 8180, 2575)
        self._ports = {port: free_port() for port in inside}
        self._metrics = free_port()
        (self.directory / "data").mkdir()
        self._kafka: RealKafka | None = None

    def port(self, inside: int) -> int:
        """The port here for one of the containers'."""
        return self._ports[inside]

    def place(self, text: str) -> str:
        """A setting, a word or a line of a configuration with its places as they are here."""
        for name, file in sorted(secret_files().items(), reverse=True):
            text = text.replace(f"/run/secrets/{name}", str(self.secrets / file))
        places = {
            "/etc/dosewarden/": f"{ROOT}/deploy/compose/",
            "/etc/valkey/store.conf": str(self.directory / "store.conf"),
            "kafka:9092": f"127.0.0.1:{self.port(9092)}",
            "store:6379": f"127.0.0.1:{self.port(6379)}",
            "INSIDE://:9092": f"INSIDE://127.0.0.1:{self.port(9092)}",
            "OUTSIDE://:19092": f"OUTSIDE://127.0.0.1:{self.port(19092)}",
            "127.0.0.1:19092": f"127.0.0.1:{self.port(19092)}",
            "localhost:9093": f"127.0.0.1:{self.port(9093)}",
            "localhost:9094": f"127.0.0.1:{self.port(9094)}",
            "tls-port 6379": f"tls-port {self.port(6379)}",
            "0.0.0.0:8180": f"127.0.0.1:{self.port(8180)}",
            "localhost:8180": f"localhost:{self.port(8180)}",
            "0.0.0.0:2575": f"127.0.0.1:{self.port(2575)}",
            "127.0.0.1:9464": f"127.0.0.1:{self._metrics}",
            "dir /data": f"dir {self.directory}/data",
        }
        for there, here in places.items():
            text = text.replace(there, here)
        return text

    def start_servers(self) -> None:
        """Kafka and the store, by their configurations."""
        lines = [line for line in _KAFKA.read_text("utf-8").splitlines() if line and not line.startswith("#")]
        properties = dict(self.place(line).split("=", 1) for line in lines)
        del properties["log.dirs"]
        kafka = RealKafka(self.directory / "kafka", port=self.port(9094), properties=properties)
        (self.directory / "kafka").mkdir()
        self._kafka = kafka
        kafka.start()
        (self.directory / "store.conf").write_text(self.place(_STORE.read_text("utf-8")))
        command = [self.place(word) for word in services()["store"]["command"][1:]]
        self.started["store"] = spawn([self.redis, *command], self.directory / "store.log")

    def environment(self, name: str) -> dict[str, str]:
        """The settings of a service, and of nobody else."""
        ours_only = {key: self.place(value) for key, value in settings(ours()[name]).items()}
        foreign = {key: value for key, value in os.environ.items() if not key.startswith("DOSEWARDEN_")}
        return foreign | ours_only

    def start(self, name: str, number: int = 1) -> None:
        """A service, by its command."""
        with (self.directory / f"{name}-{number}.log").open("ab") as words:
            self.started[f"{name}-{number}"] = subprocess.Popen(
                _dosewarden(ours()[name]["command"]),
                env=self.environment(name), stdin=subprocess.DEVNULL, stdout=words, stderr=words,
            )  # fmt: skip

    def run(self, name: str, *command: str) -> "subprocess.CompletedProcess[str]":
        """A service's command, or another with its settings, to its end."""
        return subprocess.run(
            _dosewarden(command or ours()[name]["command"]),
            env=self.environment(name), capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    def healthy(self, name: str) -> bool:
        """Whether its healthcheck, as compose asks it, ends well."""
        words = [self.place(word) for word in services()[name]["healthcheck"]["test"][1:]]
        tools = {"python": sys.executable, "valkey-cli": shutil.which("redis-cli") or "redis-cli"}
        command = [tools[words[0]], *words[1:]]
        if words[0] == "valkey-cli":
            command[command.index("6379")] = str(self.port(6379))
        asked = subprocess.run(command, capture_output=True, timeout=60, check=False)
        return asked.returncode == 0

    def alive(self) -> None:
        """Fail where a process that was started has ended."""
        for name, process in self.started.items():
            log = self.directory / f"{name}.log"
            assert process.poll() is None, f"{name} ended: {log.read_text()[-2000:]}"

    def stop(self) -> None:
        """End all of it, by process id."""
        for process in self.started.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started.values():
            end(process, 40)
        if self._kafka is not None:
            self._kafka.stop()


def _dosewarden(command: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "services.cli.main", *command]
