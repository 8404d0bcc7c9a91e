"""The stand-in for Kafka: it serves, it ends, and it does not outlive whoever started it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.servers.records import read, write

pytestmark = pytest.mark.embedded

_PARENT = """
import sys
from services.launcher.servers.embedded_broker import EmbeddedBroker
broker = EmbeddedBroker()
broker.start()
print(broker.pid, flush=True)
sys.stdin.read()
"""


async def test_what_is_written_is_read_back(embedded_broker: EmbeddedBroker) -> None:
    await write(embedded_broker.bootstrap, "doses", b"5 mg", b"10 mg")
    assert await read(embedded_broker.bootstrap, "doses", 2) == [b"5 mg", b"10 mg"]


async def test_every_topic_has_four_partitions(embedded_broker: EmbeddedBroker) -> None:
    async with AIOKafkaProducer(bootstrap_servers=embedded_broker.bootstrap) as producer:
        assert await producer.partitions_for("any-topic") == {0, 1, 2, 3}


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_it_ends_when_told(embedded_broker: EmbeddedBroker, ending: str) -> None:
    getattr(embedded_broker, ending)()
    assert not embedded_broker.running


def test_it_dies_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        broker = int(parent.stdout.readline())
        parent.kill()
    assert _gone(broker, within_s=20)


def _gone(pid: int, within_s: float) -> bool:
    """Whether the process ends (or is a corpse that init has yet to collect) in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
