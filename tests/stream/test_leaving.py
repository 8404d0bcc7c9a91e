"""A partition that is taken away while the broker is asked about it is sought no more, and ends no worker."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from faust.types import TP

from schemas.identity import SiteKey
from services.safety.processor.app import create_app
from services.safety.processor.settings import Settings
from services.stream.consumer import BatchConsumer
from tests.processor.ledgers import Bare
from tests.processor.toy import ToyCore

PLACE = TP("patient-events", 0)


class Leaving(BatchConsumer):
    """At a broker that answers at once; `on_answer` is what has happened until the answer is here."""

    start = 0
    on_answer: Callable[[], None]

    async def position(self, tp: TP) -> int | None:
        return {PLACE: 9}.get(tp)

    async def log_starts(self, tps: Iterable[TP]) -> dict[TP, int]:
        self.on_answer()
        return dict.fromkeys(tps, self.start)

    async def seek_wait(self, partitions: Mapping[TP, int | None]) -> None:
        self.sought.append(dict(partitions))


@pytest.fixture
def consumer() -> Any:
    app = create_app(Settings(kafka="127.0.0.1:1", site_key=SiteKey(b"0123456789abcdef")), ToyCore())
    made = Leaving(app.transport, callback=app.topics.on_message, on_partitions_revoked=None,
                   on_partitions_assigned=None)  # fmt: skip
    made.sought = []
    made._active_partitions = {PLACE}
    made.flow_active = True
    made._continuity.place({PLACE: 5})
    made.on_answer = lambda: made._continuity.forget({PLACE})
    yield made
    made._thread.thread_loop.close()


@pytest.mark.parametrize("start", [0, 7], ids=["nothing-lost", "removed-unread"])
async def test_a_partition_taken_away_while_we_look_back_is_not_sought(consumer: Any, start: int) -> None:
    consumer.start = start
    await consumer._look_back()
    assert consumer.sought == []


@pytest.mark.parametrize("start", [0, 7], ids=["nothing-lost", "removed-unread"])
async def test_a_fetch_out_of_place_of_a_partition_taken_away_meanwhile_is_left(
    consumer: Any, start: int
) -> None:
    consumer.start = start
    assert await consumer._admit(PLACE, [Bare(None, None, offset=8)]) == []
    assert consumer.sought == []


async def test_a_partition_that_is_still_ours_is_sought_back(consumer: Any) -> None:
    consumer.on_answer = lambda: None
    await consumer._look_back()
    assert await consumer._admit(PLACE, [Bare(None, None, offset=8)]) == []
    assert consumer.sought == [{PLACE: 5}, {PLACE: 5}]
