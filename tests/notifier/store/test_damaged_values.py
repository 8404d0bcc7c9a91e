"""A value in the store that makes no sense keeps nothing else from being done."""

import pytest

from schemas.issues import Transition
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id, key, tag_of
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk
from tests.notifier.store.test_silencing import Ward, low

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
TAG, DAMAGED, WHOLE = tag_of(PATIENT), alert_id(PATIENT, "damaged"), alert_id(PATIENT, "whole")


async def test_a_damaged_alert_keeps_no_other_waiting_when_a_silence_ends(desk: Desk) -> None:
    ward = Ward(desk)
    name = await ward.silenced()
    for issue_id in ("damaged", "whole"):
        await desk.hear(low(issue_id=issue_id))
    await desk.store.connection.client.hset(key(TAG, "i", DAMAGED), "ep", "nonsense")
    await ward.silences.end(name, "charge-nurse")
    await ward.book.look()
    await ward.timers()
    assert WHOLE in {order.alert for order in await desk.orders()}


async def test_a_damaged_silence_lets_nothing_wait_and_hides_no_other(desk: Desk) -> None:
    ward = Ward(desk)
    name, other = await ward.silenced(), await ward.silenced(check="renal-dose")
    silence = key(tag_of(SYSTEM_PATIENT), "a", alert_id(SYSTEM_PATIENT, f"silence-{name}"), "1")
    await desk.store.connection.client.hset(silence, "ends", "tomorrow")
    await ward.book.look()
    assert [kept.silence.id for kept in await ward.silences.all()] == [other]
    await desk.hear(low())
    assert len(await desk.orders()) == 2


async def test_a_damaged_alert_that_is_over_keeps_no_other_in_the_store(desk: Desk) -> None:
    for issue_id in ("damaged", "whole"):
        await desk.hear(finding(issue_id=issue_id))
        await desk.hear(finding(Transition.RESOLVED, 2, issue_id=issue_id))
    client, later = desk.store.connection.client, await desk.store.now_ms() + 1_000
    await client.set(key(TAG, "rel"), f"{later}-0")
    await client.delete(key(TAG, "a", DAMAGED, "1"))
    await client.set(key(TAG, "a", DAMAGED, "1"), "no hash")
    assert await desk.store.clear_away(later) == 1
    assert await client.zrange(key(TAG, "done"), 0, -1) == [f"{DAMAGED}|1"]
