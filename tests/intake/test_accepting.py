"""Many callers at once and Kafka's word for each of them; on the embedded broker."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator

import pytest

from schemas.clinical import CLINICAL_EVENT, Administration, UnreadableFact
from schemas.rejections import Origin, RejectedEvent
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.intake.accepting import BATCH, Acceptor, Busy
from services.intake.door import Door
from services.intake.reading import Accepted, Reading, Rejected, Unreadable
from services.intake.rejecting import rejection
from services.intake.sending import PublishFailed
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.hanging import hang
from tests.intake.test_events import dose
from tests.intake.test_publisher import ADA, SITE, records_of

pytestmark = pytest.mark.embedded
WITHIN_S = 60.0


def given(patient: str, name: str, codings: int = 0) -> Accepted:
    """One administration, as a door reads it."""
    codes = [{"system": "local", "code": f"{number:06}"} for number in range(codings)]
    medication = {"text": "baclofen", "codings": codes}
    stated = dose(event_id=name, entity=name, patient=patient, medication=medication)
    event = CLINICAL_EVENT.validate_json(json.dumps(stated))
    assert isinstance(event, Administration)
    return Accepted(event, Origin(door="test", path=name))


def refused(patient: str, name: str) -> Rejected:
    origin = Origin(door="test", path=name)
    at = given(patient, name).event.received_at
    return Rejected(
        rejection(origin, b"{}", Unreadable("missing-drug", "no drug is named")),
        "test",
        patient,
        name,
        at,
        at,
    )


@pytest.fixture
def stopped_broker(embedded_broker: EmbeddedBroker) -> Iterator[EmbeddedBroker]:
    """A broker that hangs until it gets SIGCONT."""
    assert embedded_broker.pid is not None
    yield embedded_broker
    os.kill(embedded_broker.pid, signal.SIGCONT)


async def event_ids(broker: EmbeddedBroker, patient_key: str) -> list[str]:
    found = (await records_of(broker, PATIENT_EVENTS.name))[partition_of(patient_key, 4)]
    return [
        CLINICAL_EVENT.validate_json(record.value).event_id
        for record in found
        if record.key == patient_key.encode()
    ]


async def test_what_a_caller_brought_is_on_the_topic_when_it_is_told_so(
    embedded_broker: EmbeddedBroker,
) -> None:
    async with Acceptor(embedded_broker.bootstrap, SITE, Door()) as acceptor:
        await acceptor.take([given("ada", "first"), refused("ada", "broken"), given("ada", "second")])
        events = (await records_of(embedded_broker, PATIENT_EVENTS.name))[partition_of(ADA, 4)]
        kinds = [CLINICAL_EVENT.validate_json(record.value).kind for record in events]
        assert kinds == ["administration", "unreadable", "administration"]
        rejects = await records_of(embedded_broker, REJECTED_EVENTS.name)
        (record,) = [record for records in rejects.values() for record in records]
        assert RejectedEvent.model_validate_json(record.value).reason == "missing-drug"


async def test_a_hundred_callers_share_the_way_and_keep_their_order(embedded_broker: EmbeddedBroker) -> None:
    async with Acceptor(embedded_broker.bootstrap, SITE, Door()) as acceptor:

        async def brings(caller: int) -> None:
            for number in range(5):
                await acceptor.take([given("ada", f"{caller}/{number}/{part}") for part in range(2)])

        async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as callers:
            for caller in range(100):
                callers.create_task(brings(caller))
    names = await event_ids(embedded_broker, ADA)
    assert len(names) == 1_000
    for caller in range(100):
        theirs = [name for name in names if name.startswith(f"{caller}/")]
        assert theirs == [f"{caller}/{number}/{part}" for number in range(5) for part in range(2)]


async def test_who_brings_one_dose_does_not_wait_for_all_of_another_ones_thousands(
    stopped_broker: EmbeddedBroker,
) -> None:
    many = [given("ben", f"many-{number}") for number in range(8 * BATCH)]
    told: list[str] = []

    async def bring(acceptor: Acceptor, name: str, readings: list[Accepted]) -> None:
        await acceptor.take(readings)
        told.append(name)

    async with Acceptor(stopped_broker.bootstrap, SITE, Door()) as acceptor:
        await acceptor.take([given("ada", "first")])
        assert stopped_broker.pid is not None
        hang(stopped_broker.pid)
        async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as callers:
            callers.create_task(bring(acceptor, "thousands", many))
            for _ in many:
                await asyncio.sleep(0)
            callers.create_task(bring(acceptor, "one", [given("ada", "one")]))
            await asyncio.sleep(0)
            os.kill(stopped_broker.pid, signal.SIGCONT)
    assert told == ["one", "thousands"]
    ben = await event_ids(stopped_broker, SITE.patient_key("ben"))
    assert ben == [f"many-{number}" for number in range(8 * BATCH)]


async def test_one_record_too_large_is_rejected_and_the_others_of_its_batch_arrive(
    embedded_broker: EmbeddedBroker,
) -> None:
    large = given("ada", "large", codings=20_000)
    async with Acceptor(embedded_broker.bootstrap, SITE, Door(), largest=300_000) as acceptor:
        async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as callers:
            for reading in (given("ada", "before"), large, given("ada", "after")):
                callers.create_task(acceptor.take([reading]))
        await acceptor.take([given("ada", "later")])
    events = [
        CLINICAL_EVENT.validate_json(record.value)
        for record in (await records_of(embedded_broker, PATIENT_EVENTS.name))[partition_of(ADA, 4)]
    ]
    doses = [event.event_id for event in events if isinstance(event, Administration)]
    assert doses == ["before", "after", "later"]
    assert [event.about for event in events if isinstance(event, UnreadableFact)] == ["large"]


async def test_more_than_may_wait_is_refused_at_once_and_the_rest_arrives(
    stopped_broker: EmbeddedBroker,
) -> None:
    async with Acceptor(stopped_broker.bootstrap, SITE, Door(), most_readings=3) as acceptor:
        await acceptor.take([given("ada", "first")])
        assert stopped_broker.pid is not None
        hang(stopped_broker.pid)
        waiting = [asyncio.create_task(acceptor.take([given("ada", f"waits-{n}")])) for n in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as busy:
            await acceptor.take([given("ada", "too much")])
        assert busy.value.retry_after_s > 0
        os.kill(stopped_broker.pid, signal.SIGCONT)
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*waiting)
    assert await event_ids(stopped_broker, ADA) == ["first", "waits-0", "waits-1", "waits-2"]


async def test_a_hanging_kafka_is_told_to_all_who_wait_and_work_goes_on_when_it_is_back(
    stopped_broker: EmbeddedBroker,
) -> None:
    async with Acceptor(stopped_broker.bootstrap, SITE, Door(), patience_s=1.0) as acceptor:
        await acceptor.take([given("ada", "first")])
        assert await acceptor.ready()
        assert stopped_broker.pid is not None
        hang(stopped_broker.pid)
        brought: list[Reading] = [given("ada", "a"), given("ada", "b")]
        async with asyncio.timeout(WITHIN_S):
            said = await asyncio.gather(
                *(acceptor.take([reading]) for reading in brought), return_exceptions=True
            )
        assert [type(word) for word in said] == [PublishFailed, PublishFailed]
        assert not await acceptor.ready(0.2)
        os.kill(stopped_broker.pid, signal.SIGCONT)
        async with asyncio.timeout(WITHIN_S):
            while not await acceptor.ready():
                pass
            for reading in brought:
                await acceptor.take([reading])
    names = await event_ids(stopped_broker, ADA)
    assert names[0] == "first"
    assert names[-2:] == ["a", "b"], "what was brought again stands last, and nothing old comes behind it"


async def test_without_kafka_a_caller_is_told_soon_and_the_door_still_closes() -> None:
    async with asyncio.timeout(WITHIN_S), Acceptor("127.0.0.1:1", SITE, Door()) as acceptor:
        with pytest.raises(PublishFailed, match=r"127\.0\.0\.1:1"):
            await acceptor.take([given("ada", "first")])
        assert not await acceptor.ready()


async def test_closing_waits_for_what_was_taken_and_takes_nothing_more(
    embedded_broker: EmbeddedBroker,
) -> None:
    acceptor = Acceptor(embedded_broker.bootstrap, SITE, Door())
    async with asyncio.timeout(WITHIN_S):
        async with acceptor:
            last = asyncio.create_task(acceptor.take([given("ada", "last")]))
            await asyncio.sleep(0)
        await last
    with pytest.raises(PublishFailed, match="closing"):
        await acceptor.take([given("ada", "too late")])
    assert await event_ids(embedded_broker, ADA) == ["last"]
