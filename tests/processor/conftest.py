"""Wards on the stand-in and on a real Kafka."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.real_kafka import RealKafka
from tests.processor.ward import Ward


@pytest.fixture(scope="session")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """One stand-in for all wards, each with topics of its own."""
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker") / "broker.log")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def embedded_ward(shared_broker: EmbeddedBroker, topic_prefix: str, tmp_path: Path) -> Iterator[Ward]:
    """A ward on the stand-in; groups take 3 s to form there."""
    ward = Ward(shared_broker.bootstrap, topic_prefix, tmp_path, real=False)
    yield ward
    ward.close()


@pytest.fixture
def ward(real_kafka: RealKafka, topic_prefix: str, tmp_path: Path) -> Iterator[Ward]:
    """A ward on a real Kafka."""
    ward = Ward(real_kafka.bootstrap, topic_prefix, tmp_path, real=True)
    yield ward
    ward.close()
