"""An alert that makes no sense when its page is to go ends no sender: the others are told; it is an alarm."""

import pytest

from services.notifier.metrics.observing import observe
from services.notifier.policy.routes import LowTiers
from services.notifier.store.identifiers import key, tag_of
from services.notifier.store.reading import DamagedAlert
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import ALERT, PARTITIONS, Desk
from tests.notifier.sending import sending
from tests.notifier.telling.test_sender import Scripted
from tests.notifier.together.low_pages_said import SHORT, low, notified
from tests.notifier.ward_policy import WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
NAME = key(tag_of(PATIENT), "a", ALERT, "1")
DAMAGES = pytest.mark.parametrize(
    "damage",
    [{"level": "many"}, {"tier": "loud"}, {"plan": "{"}, {"rev": "-"}, {"raised_at": "9" * 30}, None],
    ids=["count", "tier", "plan", "revision", "year", "type"],
)


async def damaged(desk: Desk, damage: dict[str, str] | None) -> dict[str, str]:
    """What the alert was before; None puts a word where the alert was."""
    client = desk.store.connection.client
    whole: dict[str, str] = await client.hgetall(NAME)
    if damage is None:
        await client.delete(NAME)
        await client.set(NAME, "no hash")
    else:
        await client.hset(NAME, mapping=damage)
    return whole


@DAMAGES
async def test_the_others_are_told_and_so_is_the_damaged_one_once_it_is_whole_again(
    desk: Desk, ward: WardPolicy, damage: dict[str, str] | None
) -> None:
    pager = Scripted("pager")
    await desk.hear(finding())
    await desk.hear(finding(issue_id="another"))
    whole = await damaged(desk, damage)
    async with sending(desk, pager, lease_s=0.5) as work:
        await notified(desk, "another")
        await work.hears("unreadable-alert")
        assert ALERT in work.texts[0]
        assert [page.alert for page in pager.sent] == [f"{tag_of(PATIENT)}-another"]
        await desk.store.connection.client.delete(NAME)
        await desk.store.connection.client.hset(NAME, mapping=whole)
        await pager.sent_times(2)
    assert (pager.sent[1].alert, pager.sent[1].kind) == (ALERT, "page")


async def test_what_goes_together_goes_without_the_damaged_one(desk: Desk, ward: WardPolicy) -> None:
    ward.low_tiers, nurses = LowTiers(together=SHORT), Scripted("pager")
    for issue in (ALERT.partition("-")[2], "another", "third"):
        await desk.hear(low(issue))
    await damaged(desk, {"level": "many"})
    async with sending(desk, nurses) as work:
        await notified(desk, "another", "third")
        await work.hears("unreadable-alert")
    (page,) = nurses.sent
    assert page.count == 2


@pytest.mark.parametrize(
    "said", [{"to": "nurse-7/pager"}, {"did": "x", "to": "nurse-7/pager", "tier": "loud"}, {"did": "x"}]
)
async def test_an_order_that_makes_no_sense_keeps_no_other_from_being_told(
    desk: Desk, ward: WardPolicy, said: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    pager = Scripted("pager")
    await desk.store.connection.client.xadd(key(tag_of(PATIENT), "out"), said)
    await desk.hear(finding())
    async with sending(desk, pager):
        await pager.sent_times(1)
    assert pager.sent[0].alert == ALERT
    assert "an order in the store cannot be read" in caplog.text


@DAMAGES
async def test_a_damaged_alert_hides_no_other_from_the_list_and_from_the_figures(
    desk: Desk, damage: dict[str, str] | None
) -> None:
    for issue_id in (ALERT.partition("-")[2], "another"):
        await desk.hear(finding(issue_id=issue_id))
    await damaged(desk, damage)
    assert [alert.id for alert in await desk.reader.alerts()] == [f"{tag_of(PATIENT)}-another"]
    assert sum((await observe(desk.store.connection, PARTITIONS)).open.values()) == 2
    with pytest.raises(DamagedAlert):
        await desk.alert()


async def test_what_makes_no_sense_is_counted_as_unreadable(desk: Desk) -> None:
    await desk.hear(finding())
    for damage in ({"tier": "loud"}, None):
        await damaged(desk, damage)
        assert (await observe(desk.store.connection, PARTITIONS)).open == {(0, "unreadable"): 1}
