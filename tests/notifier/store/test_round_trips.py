"""Calls to the store that go together: each has its own answer, and nobody waits for ever."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from services.notifier.policy.plan import Target
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import key, tag_of
from services.notifier.store.round_trips import Call, RoundTrips
from services.notifier.telling.lanes import Errand, Lane
from services.notifier.telling.orders import Order

pytestmark = pytest.mark.asyncio


class Store:
    """Answers a call with its name, when it is let."""

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []
        self.answers = asyncio.Event()
        self.lost = False
        self._more = asyncio.Condition()

    async def asked_times(self, count: int) -> None:
        async with self._more, asyncio.timeout(30):
            await self._more.wait_for(lambda: len(self.rounds) >= count)

    async def send(self, calls: Sequence[Call]) -> list[Any]:
        self.rounds.append([name for name, _, _ in calls])
        async with self._more:
            self._more.notify_all()
        await self.answers.wait()
        if self.lost:
            raise ConnectionError("reset")
        return [ValueError(name) if name.startswith("bad") else name for name, _, _ in calls]


def asked(trips: RoundTrips, *names: str) -> list[asyncio.Task[Any]]:
    return [asyncio.create_task(trips.ask((name, [], []))) for name in names]


async def test_calls_of_the_same_moment_go_in_one_round() -> None:
    store = Store()
    store.answers.set()
    tasks = asked(RoundTrips(store.send), "a", "b", "c")
    assert await asyncio.gather(*tasks) == ["a", "b", "c"]
    assert store.rounds == [["a", "b", "c"]]


async def test_calls_that_come_while_all_ways_are_taken_go_together_afterwards() -> None:
    store = Store()
    trips, tasks = RoundTrips(store.send), []
    for number in range(4):
        tasks += asked(trips, f"first-{number}")
        await store.asked_times(number + 1)
    tasks += asked(trips, "x", "y")
    await asyncio.sleep(0)
    tasks += asked(trips, "z")
    await asyncio.sleep(0)
    assert len(store.rounds) == 4
    store.answers.set()
    assert (await asyncio.gather(*tasks))[4:] == ["x", "y", "z"]
    assert store.rounds[4:] == [["x", "y", "z"]]


async def test_a_refusal_is_for_its_own_call_only() -> None:
    store = Store()
    store.answers.set()
    answers = await asyncio.gather(*asked(RoundTrips(store.send), "a", "bad", "c"), return_exceptions=True)
    assert (answers[0], answers[2]) == ("a", "c")
    assert isinstance(answers[1], ValueError)


async def test_a_lost_connection_is_said_to_all_that_went_by_it() -> None:
    store = Store()
    store.lost = True
    store.answers.set()
    trips = RoundTrips(store.send)
    answers = await asyncio.gather(*asked(trips, "a", "b"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ConnectionError] * 2
    store.lost = False
    assert await trips.ask(("c", [], [])) == "c"


@pytest.mark.redis
async def test_a_call_that_cannot_be_sent_or_read_fails_alone(connection: Connection) -> None:
    await connection.client.set(key(tag_of("1"), "epoch"), b"\xff")
    calls = (("begin", tag_of("2"), "good"), ("begin", tag_of("3"), "\ud800"), ("begin", tag_of("1"), "kept"))
    answers = await asyncio.gather(
        *(connection.call(name, [key(tag, "off")], [epoch]) for name, tag, epoch in calls),
        connection.call("begin", [key(tag_of("4"), "off")], ["good too"]),
        return_exceptions=True,
    )
    assert (answers[0], answers[3]) == ("good", "good too")
    assert [type(answer) for answer in answers[1:3]] == [UnicodeEncodeError, UnicodeDecodeError]


async def test_who_does_not_wait_any_more_keeps_nobody_from_an_answer() -> None:
    store = Store()
    gone, stays = asked(RoundTrips(store.send), "a", "b")
    await store.asked_times(1)
    gone.cancel()
    store.answers.set()
    assert await stays == "b"
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_burst_of_ten_thousand_is_in_hand_at_once() -> None:
    lane, target = Lane(), Target("desk", "webhook")
    for number in range(10_000):
        lane.offer(Errand(Order("00", f"{number}-0", f"alert-{number}:1:1:0:desk/webhook", target)))
    taken = {(await lane.next()).order.delivery for _ in range(10_000)}
    assert len(taken) == 10_000
