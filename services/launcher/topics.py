"""Creates the topics on a real Kafka, and reads back that they are what they should be.

The embedded broker has no topic administration: its topics appear by themselves, with four partitions.
"""

import time
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public names, re-exported without __all__
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from schemas.topics import ALL_TOPICS, Topic
from services.transit.kafka import Where, librdkafka_client

_ANSWER_WITHIN_S = 30
_SEEN_WITHIN_S = 30


class WrongTopic(RuntimeError):
    """A topic exists with other partitions or settings than it needs; the text names each difference."""


def ensure_topics(
    bootstrap: Where, partitions: int, *, replicas: int = 1, topics: Sequence[Topic] = ALL_TOPICS
) -> None:
    """Create what is missing, then read back every topic's partitions and settings.

    A topic that is there already is left as it is, and raises `WrongTopic` where it differs: partitions are
    never added, because a patient's records would change partition.
    """
    admin = AdminClient(librdkafka_client(bootstrap) | {"log_level": 4})
    wanted = [
        NewTopic(topic.name, num_partitions=partitions, replication_factor=replicas, config=topic.config())
        for topic in topics
    ]
    for created in admin.create_topics(wanted, request_timeout=_ANSWER_WITHIN_S).values():
        try:
            created.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    wrong = _differences(admin, partitions, topics)
    if wrong:
        raise WrongTopic("these topics are not what they should be:\n" + "\n".join(wrong))


def _differences(admin: AdminClient, partitions: int, topics: Sequence[Topic]) -> list[str]:
    found = _partitions(admin, [topic.name for topic in topics])
    resources = [ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics]
    described = admin.describe_configs(resources, request_timeout=_ANSWER_WITHIN_S)
    settings = {resource.name: answer.result() for resource, answer in described.items()}
    wrong = [
        f"{name}: {number} partitions, not {partitions}"
        for name, number in found.items()
        if number != partitions
    ]
    for topic in topics:
        for setting, value in topic.config().items():
            there = settings[topic.name][setting].value
            if there != value:
                wrong.append(f"{topic.name}: {setting} is {there}, not {value}")
    return wrong


def _partitions(admin: AdminClient, names: Sequence[str]) -> dict[str, int]:
    """How many partitions each topic has; a topic just created may take a moment to be seen."""
    deadline = time.monotonic() + _SEEN_WITHIN_S
    while True:
        seen = admin.list_topics(timeout=_ANSWER_WITHIN_S).topics
        unseen = [name for name in names if name not in seen or not seen[name].partitions]
        if not unseen:
            return {name: len(seen[name].partitions) for name in names}
        if time.monotonic() > deadline:
            raise WrongTopic(f"created, but not seen within {_SEEN_WITHIN_S} s: {', '.join(unseen)}")
        time.sleep(0.1)
