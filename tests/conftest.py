"""Real servers for tests: brokers and stores on loopback, on free ports, in temporary directories.

What is missing on a machine skips its tests with the reason; under CI=true it fails them.

Session fixtures are made once in each process that runs tests, and `make test` has one process per core; but
all tests on a real Kafka run in the same one, so that no second Kafka is started for the others.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from services.launcher.servers import kafka_jars
from services.launcher.servers.child import Refused
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.local_store import LocalStore, redis_binary, valkey_binary
from services.launcher.servers.real_kafka import RealKafka

if TYPE_CHECKING:
    from xdist.remote import Producer

    from tests.side_by_side import OneKafka

# How long an example takes says something about the machine's load, not about the product.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_BINARIES = {"redis": redis_binary, "valkey": valkey_binary}
_KAFKAS = {"real_kafka", "own_kafka"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "OneKafka":
    """One real Kafka for all, however many processes run tests."""
    from tests.side_by_side import OneKafka  # pytest-xdist may be missing where one process is enough

    return OneKafka(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test on a real Kafka without the mark: by it these tests are chosen, and kept together."""
    for item in items:
        if _KAFKAS.intersection(getattr(item, "fixturenames", ())) and not item.get_closest_marker("kafka"):
            raise pytest.UsageError(f"{item.nodeid} is on a real Kafka and lacks the mark `kafka`")


def missing(reason: str) -> None:
    """Skip this test, or fail it where every part has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _store(kind: str, directory: Path) -> LocalStore:
    binary = _BINARIES[kind]()
    if binary is None:
        missing(f"no {kind} server on this machine")
    assert binary is not None
    return LocalStore(binary, directory)


@pytest.fixture(scope="session", params=["redis", "valkey"])
def running_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalStore]:
    """One server of each kind for the whole run; do not kill it."""
    server = _store(request.param, tmp_path_factory.mktemp(request.param))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def store_url(running_store: LocalStore) -> str:
    """The address of an empty store; the test runs on Redis and on Valkey."""
    running_store.empty()
    return running_store.url


@pytest.fixture(params=["redis", "valkey"])
def own_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalStore]:
    """A server of this test's own, to kill and start again."""
    server = _store(request.param, tmp_path / "store")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def embedded_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """An embedded broker of this test's own: empty, four partitions per topic."""
    broker = EmbeddedBroker(tmp_path / "broker.log")
    broker.start()
    yield broker
    broker.stop()


def _kafka(directory: Path, **properties: str) -> RealKafka:
    try:
        kafka_jars.java()
        kafka_jars.fetched()
    except Refused as refusal:
        missing(str(refusal))
    named = {name.replace("_", "."): value for name, value in properties.items()}
    return RealKafka(directory, properties=named)


@pytest.fixture(scope="session")
def real_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    """One Apache Kafka for the whole run; take topics of your own (`topic_prefix`), never kill it."""
    kafka = _kafka(tmp_path_factory.mktemp("kafka"))
    kafka.start()
    yield kafka
    kafka.stop()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[RealKafka]:
    """An Apache Kafka of this test's own, to kill and start again; slow to start, slower after a kill."""
    kafka = _kafka(tmp_path / "kafka", broker_session_timeout_ms="4000", broker_heartbeat_interval_ms="1000")
    kafka.start()
    yield kafka
    kafka.stop()


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics and groups that no other test uses."""
    return f"t{uuid4().hex[:8]}-"
