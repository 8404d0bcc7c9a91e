"""A topic that takes smaller records than the client would send: the refusal costs that one record only."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import CLINICAL_EVENT, Administration, ClinicalEvent, UnreadableFact
from schemas.rejections import Origin, RejectedEvent
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.intake.door import Door
from services.intake.publisher import Publisher
from services.intake.reading import Accepted
from services.intake.sending import PublishFailed
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from tests.intake.test_events import dose
from tests.intake.test_publisher import ADA, SITE, fed, records_of

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
PATIENCE_S = 60.0
NARROW = replace(PATIENT_EVENTS, settings=PATIENT_EVENTS.settings | {"max.message.bytes": "200000"})


def large(**more: Any) -> dict[str, Any]:
    """A dose of about 500 kB, half of what the client would send."""
    codings = [{"system": "local", "code": f"{number:06}"} for number in range(11_000)]
    return dose(medication={"text": "baclofen", "codings": codings}) | more


def stated(number: int) -> dict[str, Any]:
    name = ("ada", "ben", "cy")[number % 3]
    return dose(event_id=f"{name}-{number}", entity=f"dose/{number}", patient=name)


async def events_of(kafka: RealKafka, patient: str) -> list[ClinicalEvent]:
    """A patient's events in the order in which they stand in its partition."""
    found = await records_of(kafka, PATIENT_EVENTS.name)
    records = found[partition_of(patient, 4)]
    return [CLINICAL_EVENT.validate_json(item.value) for item in records if item.key == patient.encode()]


@pytest.mark.parametrize("batch", [500, 7])
async def test_a_record_above_the_topics_limit_is_rejected_and_the_others_come_once_and_in_order(
    own_kafka: RealKafka, tmp_path: Path, batch: int
) -> None:
    ensure_topics(own_kafka.bootstrap, 4, topics=[NARROW, REJECTED_EVENTS])
    lines = [stated(number) for number in range(1_200)]
    lines.insert(900, large(event_id="ada-large-2", entity="dose/large-2"))
    lines.insert(301, large(event_id="ada-large-1", entity="dose/large-1"))
    publisher = await asyncio.wait_for(fed(own_kafka, tmp_path, lines, batch=batch), PATIENCE_S)

    assert publisher.too_large == 2
    found = await records_of(own_kafka, REJECTED_EVENTS.name)
    rejects = [RejectedEvent.model_validate_json(item.value) for part in found.values() for item in part]
    assert sorted((item.reason, item.origin.line) for item in rejects) == [
        ("too-large", 302), ("too-large", 902)
    ]  # fmt: skip
    assert all(item.length > 400_000 for item in rejects)
    for name in ("ada", "ben", "cy"):
        events = await events_of(own_kafka, SITE.patient_key(name))
        doses = [event.event_id for event in events if event.kind == "administration"]
        assert Counter(doses).most_common(1)[0][1] == 1
        assert doses == [f"{name}-{number}" for number in range(1_200) if stated(number)["patient"] == name]
    marks = [event for event in await events_of(own_kafka, ADA) if isinstance(event, UnreadableFact)]
    assert [(mark.reason, mark.about) for mark in marks] == [
        ("too-large", "dose/large-1"), ("too-large", "dose/large-2")
    ]  # fmt: skip


async def test_a_broker_that_dies_under_a_run_ends_the_run_with_a_word_about_it(own_kafka: RealKafka) -> None:
    ensure_topics(own_kafka.bootstrap, 4, topics=[PATIENT_EVENTS, REJECTED_EVENTS])
    event = CLINICAL_EVENT.validate_json(json.dumps(stated(1)))
    assert isinstance(event, Administration)
    with pytest.raises(PublishFailed, match="no word within 2 s"):
        async with (
            asyncio.timeout(PATIENCE_S),
            Publisher(own_kafka.bootstrap, SITE, Door(), patience_s=2) as publisher,
        ):
            own_kafka.kill()
            await publisher.publish(Accepted(event, Origin(door="test")), event)
