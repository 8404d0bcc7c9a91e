"""A stand-in for Kafka without Java: librdkafka's mock cluster, in a process of its own.

Memory only: when it ends, its topics are gone. Four partitions per topic, 5 MiB each (the oldest records are
dropped), no compaction, no topic administration, idle fetches answered after 1.5 s. For a first start, the
demonstration and tests; never for a claim about Kafka.

As a program it prints its bootstrap address and lives until its standard input closes or SIGTERM.
"""

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import IO

from services.launcher.servers.child import Died, end, last_lines

_READY_WITHIN_S = 30.0
_POLL_EVERY_S = 0.5
_PROGRAM = "services.launcher.servers.embedded_broker"


class EmbeddedBroker:
    """The broker as a child process; `bootstrap` is its address once started. `log` takes its words."""

    def __init__(self, log: Path | None = None) -> None:
        self._log = log or Path("/dev/null")
        self._process: subprocess.Popen[bytes] | None = None
        self.bootstrap = ""

    def start(self) -> None:
        """Start it and wait for its address; raise `Died` where it does not come."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (this interpreter, this module)
                [sys.executable, "-m", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                process_group=0,
            )
        self.bootstrap = _first_line(self._process.stdout)
        if not self.bootstrap:
            self.kill()
            raise Died(f"the embedded broker did not start:\n{last_lines(self._log)}")

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process id; None before the first start."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """End it; what it held is gone."""
        end(self._process, 5)
        self._close_pipes()

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        if self._process is not None and self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.stdout.close()


def _first_line(output: IO[bytes] | None) -> str:
    if output is None or not select.select([output], [], [], _READY_WITHIN_S)[0]:
        return ""
    return output.readline().decode().strip()


def serve() -> None:
    """Hold a mock cluster until standard input closes."""
    from confluent_kafka import Producer  # only the child needs it

    mock = Producer({"test.mock.num.brokers": 1})
    brokers = mock.list_topics(timeout=10).brokers.values()
    sys.stdout.write(",".join(f"{broker.host}:{broker.port}" for broker in brokers) + "\n")
    sys.stdout.flush()
    stdin = sys.stdin.fileno()
    while True:
        ready, _, _ = select.select([stdin], [], [], _POLL_EVERY_S)
        if ready and not os.read(stdin, 4096):
            return
        mock.poll(0)


if __name__ == "__main__":
    serve()
