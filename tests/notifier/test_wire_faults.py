"""Between us and the store the network lies: answers are lost, or nothing comes through at all."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from services.launcher.servers.local_store import LocalStore
from services.notifier.connection import Connection, StoreUnavailable
from services.notifier.identifiers import alert_id, key, tag_of
from services.notifier.reading import AlertReader
from services.notifier.store import AlertStore
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk
from tests.notifier.wire import Wire

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]

_ALERTS = 400
_LOST = 0.05


def through(wire: Wire, patience_s: float | None = None) -> Connection:
    return Connection(f"redis://127.0.0.1:{wire.port}/0", patience_s=patience_s, connections=2)


def losing(share: float) -> Iterator[bool]:
    chance = random.Random(7)
    while True:
        yield chance.random() < share


async def test_each_command_works_exactly_once_though_one_answer_in_twenty_is_lost(
    running_store: LocalStore, desk: Desk
) -> None:
    lost = losing(_LOST)
    async with Wire(running_store.port, lambda: next(lost)) as wire:
        connection = through(wire, patience_s=60)
        store = AlertStore(connection, desk.store.targets)
        there = Desk(store, AlertReader(desk.store.connection), await store.begin())
        for number in range(_ALERTS):
            assert await there.hear(finding(issue_id=f"issue-{number}")) in ("raised", "replayed")
            answer = await there.acknowledge(
                command=f"tap-{number}", alert=alert_id(PATIENT, f"issue-{number}")
            )
            assert answer.result == "done"
        await connection.close()
    assert wire.cut > _ALERTS * _LOST / 2
    trail = await desk.store.connection.entries(key(tag_of(PATIENT), "evt"))
    events = Counter(fields["event"] for _, fields in trail)
    assert events == {"raised": _ALERTS, "paged": _ALERTS, "acknowledged": _ALERTS}
    assert len(await desk.orders()) == _ALERTS * len(desk.store.targets)


async def test_a_store_behind_a_dead_network_is_noticed_and_taken_up_again_when_it_answers(
    running_store: LocalStore, desk: Desk
) -> None:
    async with Wire(running_store.port) as wire:
        connection = through(wire, patience_s=0.1)
        store = AlertStore(connection, desk.store.targets)
        before = await store.now_ms()
        wire.swallows = True
        with pytest.raises(StoreUnavailable):
            await store.now_ms()
        assert connection.lost_since is not None
        print(f"noticed after {await desk.store.now_ms() - before} ms")  # noqa: T201  (a figure, not a claim)
        wire.swallows = False
        await store.now_ms()
        assert connection.lost_since is None
        await connection.close()
