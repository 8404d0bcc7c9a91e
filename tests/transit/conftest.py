"""Servers that speak TLS only, one of each for all tests here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.launcher.servers import kafka_jars
from services.launcher.servers.child import Refused
from services.launcher.servers.local_store import redis_binary
from tests.conftest import missing
from tests.intake.authority import Authority
from tests.transit.secure_servers import SecureKafka, SecureRedis


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whose certificates count."""
    return Authority(tmp_path_factory.mktemp("authority"), "house")


@pytest.fixture(scope="package")
def secure_kafka(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """A real Kafka with a listener for names and passwords, and one for certificates."""
    try:
        kafka_jars.java()
        kafka_jars.fetched()
    except Refused as reason:
        missing(str(reason))
    kafka = SecureKafka(tmp_path_factory.mktemp("kafka"), authority)
    kafka.start()
    yield kafka
    kafka.inside.stop()


@pytest.fixture
def secure_redis(authority: Authority, tmp_path: Path) -> Iterator[SecureRedis]:
    """A real Redis behind TLS and a password."""
    binary = redis_binary()
    if binary is None:
        missing("no redis-server on the PATH")
        raise AssertionError
    server = SecureRedis(binary, tmp_path, authority)
    server.start()
    yield server
    server.stop()
