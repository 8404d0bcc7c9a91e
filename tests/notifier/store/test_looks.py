"""Who looked at an alert is kept, and an answer is bound to the content that they saw."""

import pytest

from schemas.issues import Transition
from services.notifier.store.identifiers import key, tag_of
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import ALERT, Desk
from tests.notifier.test_alerts_command import command
from tests.notifier.ward_policy import NURSE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def states(desk: Desk) -> dict[str, str]:
    """What became of each telling, by its target."""
    client = desk.store.connection.client
    names = [str(name) for name in await client.keys(key(tag_of(PATIENT), "d", "*"))]
    return {name.rpartition(":")[2]: str(await client.hget(name, "st")) for name in names}


async def test_every_look_is_kept_with_who_looked(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    for arguments in (("--as", "nurse-7"), ("--as", "nurse-7", "--json"), ("--as", "doctor-2")):
        assert (await command(store_url, "show", ALERT, *arguments)).exit_code == 0
    looks = [line.actor for line in await desk.reader.history(ALERT) if line.event == "read"]
    assert looks == ["nurse-7", "nurse-7", "doctor-2"]


async def test_what_somebody_was_told_counts_as_read_when_they_look(
    desk: Desk, ward: WardPolicy, store_url: str
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await command(store_url, "show", ALERT, "--as", "doctor-2")
    assert await states(desk) == {str(NURSE): "delivered"}
    await command(store_url, "show", ALERT, "--as", "nurse-7")
    assert await states(desk) == {str(NURSE): "read"}


async def test_a_receipt_that_comes_after_the_look_takes_nothing_back(
    desk: Desk, ward: WardPolicy, store_url: str
) -> None:
    await desk.hear(finding())
    (order,) = await desk.tell(state="sent")
    await command(store_url, "show", ALERT, "--as", "nurse-7")
    assert await desk.receipt(order, "delivered") == "repeated"
    assert await states(desk) == {str(NURSE): "read"}


async def test_a_look_answers_nothing(desk: Desk, ward: WardPolicy, store_url: str) -> None:
    await desk.hear(finding())
    await desk.tell()
    before = await desk.alert()
    await command(store_url, "show", ALERT, "--as", "nurse-7")
    now = await desk.alert()
    assert (now.state, now.holder, now.level) == (before.state, before.holder, before.level)


async def test_an_alert_is_shown_though_the_look_cannot_be_kept(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    client = desk.store.connection.client
    await client.config_set("min-replicas-to-write", 1)
    try:
        result = await command(store_url, "show", ALERT, "--as", "nurse-7")
    finally:
        await client.config_set("min-replicas-to-write", 0)
    assert "baclofen 95 mg" in result.stdout
    assert "could not be kept" in result.stderr
    assert result.exit_code == 0


async def test_an_answer_to_another_content_of_the_same_revision_shows_that_instead(
    desk: Desk, store_url: str
) -> None:
    await desk.hear(finding())
    await command(store_url, "show", ALERT, "--as", "nurse-7")
    await desk.hear(finding(transition_id="raised again", text="baclofen 120 mg in 24 h"))
    answer = ("ack", ALERT, "--actor", "nurse-7", "--revision", "1")
    result = await command(store_url, *answer)
    assert result.exit_code == 1
    assert "revision 1" in result.stderr
    assert "another content than the one you saw" in result.stderr
    assert "baclofen 120 mg in 24 h" in result.stdout
    assert (await desk.alert()).acked_by == ""
    assert (await command(store_url, *answer)).exit_code == 0


async def test_whoever_was_paged_with_other_content_has_not_seen_this_one(
    desk: Desk, ward: WardPolicy, store_url: str
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(transition_id="raised again", text="baclofen 120 mg in 24 h"))
    result = await command(store_url, "ack", ALERT, "--actor", "nurse-7", "--revision", "1")
    assert result.exit_code == 1
    assert "another content" in result.stderr


async def test_a_look_changes_no_timer_and_pages_nobody_again(
    desk: Desk, ward: WardPolicy, store_url: str
) -> None:
    await desk.hear(finding())
    await desk.tell()
    due = await desk.reader.due([await desk.alert()])
    await command(store_url, "show", ALERT, "--as", "nurse-7")
    assert await desk.reader.due([await desk.alert()]) == due
    assert await desk.orders() == []
    assert await desk.hear(finding(Transition.EASED, 2)) == "eased"
