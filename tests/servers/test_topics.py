"""The topics on a real Kafka: created with their settings, read back, never changed silently."""

from dataclasses import replace

import pytest
from confluent_kafka.admin import AdminClient

from schemas.topics import ALL_TOPICS, LEDGER_CHANGELOG
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import WrongTopic, ensure_topics

pytestmark = pytest.mark.kafka


def test_every_topic_is_created_as_it_should_be_and_may_be_asked_for_again(
    real_kafka: RealKafka, topic_prefix: str
) -> None:
    topics = [replace(topic, name=topic_prefix + topic.name) for topic in ALL_TOPICS]
    ensure_topics(real_kafka.bootstrap, 24, topics=topics)
    ensure_topics(real_kafka.bootstrap, 24, topics=topics)
    found = AdminClient({"bootstrap.servers": real_kafka.bootstrap}).list_topics(timeout=10).topics
    assert {len(found[topic.name].partitions) for topic in topics} == {24}


def test_another_number_of_partitions_is_refused(real_kafka: RealKafka, topic_prefix: str) -> None:
    topic = replace(LEDGER_CHANGELOG, name=topic_prefix + LEDGER_CHANGELOG.name)
    ensure_topics(real_kafka.bootstrap, 4, topics=[topic])
    with pytest.raises(WrongTopic, match="4 partitions, not 8"):
        ensure_topics(real_kafka.bootstrap, 8, topics=[topic])


def test_a_changelog_that_is_not_compacted_is_refused(real_kafka: RealKafka, topic_prefix: str) -> None:
    topic = replace(LEDGER_CHANGELOG, name=topic_prefix + LEDGER_CHANGELOG.name)
    ensure_topics(real_kafka.bootstrap, 4, topics=[replace(topic, cleanup="delete")])
    with pytest.raises(WrongTopic, match=r"cleanup\.policy is delete, not compact"):
        ensure_topics(real_kafka.bootstrap, 4, topics=[topic])
