"""The relay keeps one chain whatever happens to it, to the store, or to its notes."""

import asyncio

import pytest

from schemas.issues import Transition
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.relaying import Relaying

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


async def whole(relaying: Relaying, entries: int) -> bool:
    """Whether the history has so many entries and no fault, held against its anchors."""
    verdict = await relaying.verdict()
    assert verdict.faults == ()
    assert verdict.anchors > 0
    return verdict.verifier.entries == entries


async def test_every_transition_is_one_entry_of_a_whole_chain(desk: Desk, relaying: Relaying) -> None:
    await desk.hear(finding())
    await desk.tell("terminal")
    await relaying.relay()
    await desk.acknowledge()
    await relaying.relay()
    assert [entry.event for entry in await relaying.history()] == [
        "raised", "paged", "told", "acknowledged",
    ]  # fmt: skip
    assert await whole(relaying, 4)


async def test_a_relay_that_was_killed_before_it_noted_what_it_sent_sends_nothing_twice(
    desk: Desk, relaying: Relaying
) -> None:
    await desk.hear(finding())
    await relaying.relay()
    before = await relaying.notes()
    await desk.acknowledge()
    await relaying.relay()
    await relaying.forget_since(before)
    await desk.hear(finding(Transition.WORSENED, 2))
    await relaying.relay("the next one")
    assert (await relaying.verdict()).verifier.repetitions == 0
    assert await whole(relaying, 5)


async def test_an_emptied_store_goes_on_with_the_chain_of_the_topic(desk: Desk, relaying: Relaying) -> None:
    await desk.hear(finding())
    await relaying.relay()
    await desk.store.connection.client.flushall()
    desk.epochs = await desk.store.begin()
    await desk.hear(finding(episode=2))
    await relaying.relay()
    assert await whole(relaying, 4)


async def test_a_store_that_lost_its_last_write_forks_no_chain(desk: Desk, relaying: Relaying) -> None:
    await desk.hear(finding())
    before = await relaying.notes()
    await relaying.relay()
    await relaying.forget_since(before)
    await relaying.lose_last_entry()
    await desk.acknowledge()
    await relaying.relay()
    assert await whole(relaying, 3)


async def test_two_relays_at_the_same_moment_make_one_chain(desk: Desk, relaying: Relaying) -> None:
    await desk.hear(finding())
    await desk.acknowledge()
    await asyncio.gather(relaying.holding_no_lock("one"), relaying.holding_no_lock("the other"))
    verdict = await relaying.verdict()
    assert (verdict.faults, verdict.verifier.entries, verdict.verifier.repetitions) == ((), 3, 3)
