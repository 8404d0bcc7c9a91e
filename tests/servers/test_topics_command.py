"""`dosewarden topics`: what an operator does once, before the services start."""

import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient

from schemas.topics import ALL_TOPICS
from services.cli.main import main
from services.launcher.servers.real_kafka import RealKafka

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def topics(kafka: RealKafka, *options: str) -> tuple[int, str]:
    answer = CliRunner().invoke(main, ["topics", "--kafka", kafka.bootstrap, *options])
    return answer.exit_code, answer.output


def test_topics_are_made_once_left_as_they_are_and_what_differs_is_told(own_kafka: RealKafka) -> None:
    assert topics(own_kafka, "--partitions", "6") == (0, "every topic is there, with 6 partitions\n")
    found = AdminClient({"bootstrap.servers": own_kafka.bootstrap}).list_topics(timeout=10).topics
    assert {topic.name for topic in ALL_TOPICS} <= found.keys()
    assert topics(own_kafka, "--partitions", "6")[0] == 0
    code, said = topics(own_kafka, "--partitions", "8")
    assert (code, "patient-events: 6 partitions, not 8" in said) == (1, True)
