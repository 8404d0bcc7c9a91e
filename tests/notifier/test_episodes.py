"""One episode of a finding after another: each ends for good, and the next begins anew."""

import pytest

from schemas.alerts import AlertState
from schemas.issues import Transition
from services.notifier.store.lifecycle import IllegalMove
from tests.notifier.builders import after, finding
from tests.notifier.desk import PARTITION, Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_a_worsening_after_the_end_opens_the_episode_it_names(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.RESOLVED, 2))
    assert await desk.hear(finding(Transition.WORSENED, 1, episode=2)) == "raised"
    alert = await desk.alert()
    assert (alert.episode, alert.state) == (2, AlertState.OPEN)
    assert len(await desk.tell()) == 2


async def test_a_new_episode_ends_an_older_one_whose_end_was_never_seen(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(episode=2))
    states = {(alert.episode, alert.state) for alert in await desk.reader.alerts(closed=True)}
    assert states == {(1, AlertState.RESOLVED), (2, AlertState.OPEN)}


async def test_a_closed_episode_cannot_open_again_and_nothing_changes(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.RESOLVED, 2))
    before = (await desk.alert(), await desk.events())
    with pytest.raises(IllegalMove):
        await desk.hear(finding(Transition.WORSENED, 3))
    assert (await desk.alert(), await desk.events()) == before
    assert await desk.store.offsets("detected-issues") == {PARTITION: 1}


async def test_a_new_episode_takes_the_timer_of_the_old_one_with_it(desk: Desk) -> None:
    await desk.hear(finding(page_from=after(minutes=5)))
    await desk.hear(finding(episode=2, page_from=after(minutes=9)))
    await desk.pass_time(after(minutes=5))
    assert await desk.orders() == []
