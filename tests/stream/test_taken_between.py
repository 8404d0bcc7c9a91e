"""A partition that a rebalance takes between a question and its answer, as the client itself says it:
`position`, `seek` and `highwater` refuse what is no longer assigned, and no worker ends of it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError
from faust.types import TP

from schemas.identity import SiteKey
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.safety.processor.app import BatchApp, create_app
from services.safety.processor.recovery import ChangelogReader
from services.safety.processor.settings import Settings
from services.stream.consumer import BatchConsumer, PromptThread
from tests.processor.ledgers import Bare
from tests.processor.toy import ToyCore

pytestmark = pytest.mark.embedded

CHANGELOG = "dosewarden-safety-ledger-changelog"
HERE, ELSEWHERE = 0, 1


class SameLoop(PromptThread):
    """The driver's calls on the client, in the loop of the test."""

    async def call_thread(self, fun: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        return await fun(*args, **kwargs)


class Asking(BatchConsumer):
    """`on_answer` is what has happened until the broker's answer is here."""

    on_answer: Callable[[], None] = staticmethod(lambda: None)

    async def log_starts(self, tps: Iterable[TP]) -> dict[TP, int]:
        found = await super().log_starts(tps)
        self.on_answer()
        return found


class Worker:
    """A worker's consumer on a real client, to which partitions are given and from which they are taken."""

    def __init__(self, app: BatchApp, client: AIOKafkaConsumer, topic: str) -> None:
        self.app, self.client, self.topic = app, client, topic
        self.consumer: Any = Asking(app.transport, callback=app.topics.on_message, on_partitions_revoked=None,
                                    on_partitions_assigned=None)  # fmt: skip
        self.consumer._thread.thread_loop.close()
        self.consumer._thread = SameLoop(self.consumer, loop=self.consumer.loop, beacon=self.consumer.beacon)
        self.consumer._thread._consumer = client
        self.consumer.flow_active = True
        self.place = TP(topic, HERE)
        self.given()

    def given(self) -> None:
        """It has the partition."""
        self.client.assign([self.place])
        self.consumer._active_partitions = {self.place}

    def taken(self) -> None:
        """A rebalance took it; the worker has not heard of it yet."""
        self.client.assign([TP(self.topic, ELSEWHERE)])

    async def at(self, offset: int) -> None:
        """The client reads from here."""
        self.client.seek(self.place, offset)
        assert await self.client.position(self.place) == offset


@pytest.fixture(params=["patient-events", CHANGELOG])
async def worker(request: pytest.FixtureRequest, embedded_broker: EmbeddedBroker) -> AsyncIterator[Worker]:
    app = create_app(
        Settings(kafka=embedded_broker.bootstrap, site_key=SiteKey(b"0123456789abcdef")), ToyCore()
    )
    client = AIOKafkaConsumer(bootstrap_servers=embedded_broker.bootstrap, group_id=None)
    await client.start()
    await client.topics()
    made = Worker(app, client, request.param)
    yield made
    await client.stop()
    made.consumer._thread.thread_loop.close()


ledgers = pytest.mark.parametrize("worker", [CHANGELOG], indirect=True)
events = pytest.mark.parametrize("worker", ["patient-events"], indirect=True)


@events
async def test_where_it_stands_in_a_partition_that_was_taken_nobody_knows(worker: Worker) -> None:
    await worker.at(9)
    assert await worker.consumer.position(worker.place) == 9
    worker.taken()
    with pytest.raises(IllegalStateError):
        await worker.client.position(worker.place)
    assert await worker.consumer.position(worker.place) is None


@events
async def test_looking_back_passes_over_what_was_taken(worker: Worker) -> None:
    worker.consumer._continuity.place({worker.place: 5})
    worker.taken()
    await worker.consumer._look_back()


@events
async def test_what_is_taken_while_the_log_is_asked_is_not_sought(worker: Worker) -> None:
    """The worker expects it still: it hears of the rebalance after that."""
    worker.consumer._continuity.place({worker.place: 5})
    await worker.at(9)
    worker.consumer.on_answer = worker.taken
    await worker.consumer._look_back()
    assert worker.client.assignment() == {TP(worker.topic, ELSEWHERE)}
    worker.given()
    worker.consumer.on_answer = worker.taken
    assert await worker.consumer._admit(worker.place, [Bare(None, None, offset=8)]) == []


@events
async def test_what_is_still_there_is_sought_back(worker: Worker) -> None:
    worker.consumer._continuity.place({worker.place: 5})
    await worker.at(9)
    await worker.consumer._look_back()
    assert await worker.consumer.position(worker.place) == 5


@ledgers
async def test_a_changelog_that_is_taken_while_it_is_recovered_is_left(worker: Worker) -> None:
    reader = ChangelogReader(worker.app)
    reader.sought({worker.place: 5})
    await worker.at(9)
    worker.consumer.on_answer = worker.taken
    await reader.note_positions(worker.consumer)
    worker.given()
    await worker.at(9)
    worker.consumer.on_answer = lambda: None
    await reader.note_positions(worker.consumer)
    assert await worker.consumer.position(worker.place) == 5


@events
async def test_how_far_a_log_reached_stands_when_its_partition_was_taken(worker: Worker) -> None:
    worker.app.monitor.track_tp_end_offset(worker.place, 7)
    worker.taken()
    with pytest.raises(AssertionError):
        worker.client.highwater(worker.place)
    worker.consumer._note_handled(worker.place, [Bare(None, None, offset=8)])
    assert worker.consumer.handled() == {worker.place: 9}
    assert worker.app.monitor.tp_end_offsets[worker.place] == 7
