"""A part that asks the store all the time ends when it is told to, whatever it is at."""

import asyncio

import pytest

from services.notifier.store.connection import Connection

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def _asks_for_ever(connection: Connection) -> None:
    while True:
        await connection.fields("anything")


async def test_whoever_asks_in_a_loop_can_be_cancelled_at_any_moment(connection: Connection) -> None:
    await connection.fields("anything")
    for turns in range(100):
        asking = asyncio.create_task(_asks_for_ever(connection))
        for _ in range(turns % 37):
            await asyncio.sleep(0)
        asking.cancel()
        done, _ = await asyncio.wait([asking], timeout=5)
        assert done, f"cancelled after {turns % 37} turns of the loop, and it goes on"
        assert asking.cancelled()


async def test_a_limit_of_time_ends_it_too_and_the_connection_goes_on(connection: Connection) -> None:
    await connection.drop_field(["anything"], "field")
    for _ in range(20):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await _asks_for_ever(connection)
    await connection.client.hset("anything", "field", "value")
    assert await connection.fields("anything") == {"field": "value"}
