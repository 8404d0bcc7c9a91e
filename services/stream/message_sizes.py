"""Will the topics take what a worker writes? One that does not would end the worker at some later write, and
again after each restart; so the broker is asked before anything is read.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, for_code
from aiokafka.protocol.admin import DescribeConfigsRequest

log = logging.getLogger(__name__)
SETTING = "max.message.bytes"
BATCH_HEAD_BYTES = 64
"""What Kafka adds to the records of a batch (61 bytes), rounded up."""

_TOPIC = 2


async def too_narrow(client: Any, topics: Iterable[str], batch_bytes: int) -> dict[str, int]:
    """The topics whose `max.message.bytes` is below a batch of `batch_bytes` with its head, with that value.

    A topic about which the broker will not speak is passed over, and the log says so. `client` is an
    `AIOKafkaClient`.
    """
    names = list(topics)
    wanted = batch_bytes + BATCH_HEAD_BYTES
    try:
        request = DescribeConfigsRequest([(_TOPIC, topic, [SETTING]) for topic in names], False)
        response = await client.send(client.get_random_node(), request)
    except (NotImplementedError, IncompatibleBrokerVersion, KafkaError) as error:
        _not_checked(names, wanted, type(error).__name__)
        return {}
    found, refused = _read(response.resources)
    for topic in names:
        if topic not in found:
            _not_checked([topic], wanted, refused.get(topic, "no answer"))
    return {topic: most for topic, most in found.items() if most < wanted}


def _read(resources: Iterable[Any]) -> tuple[Mapping[str, int], Mapping[str, str]]:
    """The value per topic, and why there is none."""
    found: dict[str, int] = {}
    refused: dict[str, str] = {}
    for code, _message, _kind, topic, entries, *_rest in resources:
        if code:
            refused[topic] = for_code(code).__name__
        for name, value, *_more in entries:
            if name == SETTING and str(value).isdecimal():
                found[topic] = int(value)
    return found, refused


def _not_checked(topics: Iterable[str], wanted: int, why: str) -> None:
    log.warning(
        "%s of %s could not be checked (%s): it has to be at least %d",
        SETTING, ", ".join(topics), why, wanted,
    )  # fmt: skip
