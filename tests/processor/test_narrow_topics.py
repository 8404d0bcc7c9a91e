"""A topic that takes less than a worker writes is refused at the start, with the cure."""

import asyncio
import logging
from typing import Any

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from services.stream.message_sizes import BATCH_HEAD_BYTES, too_narrow
from tests.processor.ward import Ward, agree

WRITTEN = 100_000
TAKEN = WRITTEN + BATCH_HEAD_BYTES


def narrow(ward: Ward, topic: str, most: int) -> None:
    """Let a topic take batches of so many bytes at most."""
    entry = ConfigEntry("max.message.bytes", str(most), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for done in ward.admin.incremental_alter_configs([resource]).values():
        done.result()


@pytest.mark.kafka
@pytest.mark.slow
def test_a_topic_one_byte_too_narrow_is_refused_and_one_that_just_fits_is_not(ward: Ward) -> None:
    ward.send(100)
    narrow(ward, ward.changelog, TAKEN - 1)
    narrow(ward, ward.issues, TAKEN)
    refused = ward.worker(batch_bytes=str(WRITTEN))
    assert refused.wait() == 3
    told = next(line for line in refused.text().splitlines() if "REFUSED" in line)
    assert f"these topics take less: {ward.changelog} has {TAKEN - 1}. Set max.message.bytes" in told
    narrow(ward, ward.changelog, TAKEN)
    worker = ward.worker(batch_bytes=str(WRITTEN))
    ward.until_done()
    assert worker.end() == 0
    agree(ward)


@pytest.mark.embedded
@pytest.mark.slow
def test_a_broker_that_does_not_tell_is_logged_and_the_worker_goes_on(embedded_ward: Ward) -> None:
    embedded_ward.send(100)
    worker = embedded_ward.worker()
    embedded_ward.until_done()
    assert worker.end() == 0
    assert "max.message.bytes of" in worker.text()
    assert "could not be checked" in worker.text()


class Denying:
    """A client whose broker answers for one topic, and denies to speak of the other."""

    def get_random_node(self) -> int:
        return 0

    async def send(self, node: int, request: Any) -> Any:
        class Answer:
            resources = (
                (0, None, 2, "detected-issues", [("max.message.bytes", "99", False, True, False)]),
                (29, "not authorised", 2, "rejected-events", []),
            )

        return Answer()


def test_a_denied_question_is_logged_and_does_not_hide_the_topic_that_is_too_narrow(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        found = asyncio.run(too_narrow(Denying(), ["detected-issues", "rejected-events"], 100))
    assert found == {"detected-issues": 99}
    assert "of rejected-events could not be checked (TopicAuthorizationFailedError)" in caplog.text
