"""Where users of other pagers were hurt: each test is named by a story, and shows that it is none here."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.alerts import ActionKind, AlertState
from schemas.base import Severity
from schemas.issues import Transition
from services.notifier.channels import Attempt, Outcome
from services.notifier.policy.duties import changes
from services.notifier.policy.summaries import summaries_of
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.reading import AlertReader
from services.notifier.telling.messages import MessageKind
from tests.notifier.builders import after, finding
from tests.notifier.desk import ALERT, Desk
from tests.notifier.duty import told_by, until
from tests.notifier.policy.duty_plans import shown
from tests.notifier.policy.written import ROTAS, changed, complaints, policy, put
from tests.notifier.sending import sending
from tests.notifier.telling.test_sender import Scripted
from tests.notifier.test_alerts_command import command
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, NURSE, WardPolicy, asking

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_not_here_pages_go_on_after_the_acknowledgement(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    queued = await desk.orders()
    await desk.acknowledge()
    assert [await desk.lease(order) for order in queued] == [None]
    assert await desk.pass_time(after(minutes=14, seconds=59)) == 0
    assert await desk.orders() == []


async def test_not_here_an_acknowledged_alert_pages_four_months_later(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge()
    await desk.hear(finding(Transition.RESOLVED, 2))
    assert await desk.pass_time(after(days=120)) == 0
    assert await desk.orders() == []


async def test_not_here_an_escalation_that_a_time_range_paused_is_never_resumed_after_a_restart(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.quiet_until = after(hours=7)
    await desk.hear(finding(severity=Severity.MODERATE))
    assert await desk.orders() == []
    restarted = Desk(desk.store, desk.reader, desk.epochs, WardPolicy())
    await restarted.pass_time(after(hours=6, minutes=59))
    assert await restarted.orders() == []
    await restarted.pass_time(after(hours=7))
    assert {order.target for order in await restarted.tell()} == {NURSE}
    await restarted.pass_time(after(hours=7, minutes=5))
    assert {order.target for order in await restarted.tell()} == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_not_here_personal_steps_cannot_be_reached_because_the_next_step_of_the_chain_starts_first(
    tmp_path: Path,
) -> None:
    last = "{unanswered: 60 min, tell: [role:nurse]}"
    early = last + "\n      - {unanswered: 59 min, tell: [rota:doctors]}"
    assert "the step cannot be reached" in str(complaints(put(tmp_path, changed(last, early))))


async def test_not_here_an_acknowledgement_that_nothing_follows_never_expires(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor="nurse-7", note="asked the doctor on the telephone")
    await desk.pass_time(after(minutes=15))
    assert (await desk.alert()).state is AlertState.OPEN
    assert {order.target for order in await desk.tell()} == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_not_here_who_cannot_take_an_alert_on_can_only_let_it_ring(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.act(ActionKind.DECLINE, note="in the operating theatre")
    await desk.pass_time(after(seconds=1))
    assert DOCTOR in {order.target for order in await desk.tell()}


async def test_not_here_why_an_alert_was_closed_is_kept_nowhere(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override(note="titrated on purpose")
    [line] = [each for each in await desk.reader.history((await desk.alert()).id) if each.actor == "doctor"]
    assert "titrated on purpose" in line.note
    assert (await desk.alert()).state is AlertState.OVERRIDDEN


async def test_not_here_a_hundred_updates_of_a_message_are_still_sent_after_the_acknowledgement(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    for revision in range(2, 101):
        await desk.hear(finding(Transition.WORSENED, revision))
    told = await desk.tell()
    assert [order.delivery.split(":")[2] for order in told] == ["100"]
    await desk.hear(finding(Transition.WORSENED, 101))
    await desk.acknowledge(revision=101)
    assert await desk.tell() == []


async def test_not_here_the_check_of_ourselves_is_too_slow_and_gets_switched_off(desk: Desk) -> None:
    for number in range(30):
        await desk.hear(finding(issue_id=f"closed-{number}"))
        await desk.hear(finding(Transition.RESOLVED, 2, issue_id=f"closed-{number}"))
    await desk.hear(finding())
    counted = desk.store.connection.client
    await counted.config_resetstat()
    assert (await desk.due.look_over()).live == 1
    assert (await counted.info("commandstats"))["cmdstat_hmget"]["calls"] == 1


async def test_not_here_the_first_acknowledgement_silences_everybody_who_was_to_come(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.the_plan = asking((0, 1, 2))
    await desk.hear(finding())
    await desk.acknowledge(actor=NURSE.person)
    assert {order.target for order in await desk.tell()} == {DOCTOR, DOCTOR_PHONE}
    await desk.acknowledge(actor=DOCTOR.person, command="second")
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED


async def test_not_here_whoever_needs_help_at_once_waits_for_the_time_of_the_next_step(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge()
    await desk.act(ActionKind.UNACKNOWLEDGE, note="come, all of you")
    await desk.pass_time(after(seconds=1))
    assert {order.target for order in await desk.tell()} == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_not_here_only_a_screen_can_acknowledge(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    await desk.tell()
    assert (await command(store_url, "ack", ALERT, "--actor", "nurse on call")).exit_code == 0
    assert (await desk.alert()).holder == "nurse on call"


async def test_not_here_nobody_is_told_who_is_on_duty_and_who_comes_next(tmp_path: Path) -> None:
    summary = "summaries:\n  - {id: noon, at: 12:00, days: every day, rotas: all, tell: [boss]}\n"
    site = policy(tmp_path, {"rotas.yaml": ROTAS + summary})
    [noon] = summaries_of(site, shown("2026-05-04 12:00"))
    assert "nurses: n-1, from 18:00 n-2" in noon.text


async def test_not_here_a_rota_changes_and_those_on_it_learn_of_it_by_being_called(tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    nights = changed("ends: 06:00, together: [n-2]}", "ends: 06:00, together: [d-1]}")
    told = changes(policy(tmp_path / "before"), policy(tmp_path / "after", nights), shown("2026-05-04 12:00"))
    assert "now on duty 2026-05-04 18:00" in told["d-1"]
    assert "no more on duty 2026-05-04 18:00" in told["n-2"]


async def test_not_here_both_peers_send_when_a_failing_webhook_recovers(desk: Desk, store_url: str) -> None:
    first = Scripted("webhook", [Attempt(Outcome.AGAIN, "HTTP 503"), Attempt(Outcome.AGAIN, "HTTP 503")])
    second = Scripted("webhook")
    other = Connection(store_url, patience_s=10)
    peer = Desk(AlertStore(other), AlertReader(other), desk.epochs)
    async with sending(desk, Scripted("terminal"), first), sending(peer, Scripted("terminal"), second):
        await desk.hear(finding())
        await until(desk, lambda alert: told_by(alert) == {"terminal", "webhook"})
    delivered = [*first.sent[2:], *second.sent] if first.sent else second.sent
    assert len(delivered) == 1
    await other.close()


async def test_not_here_an_error_is_logged_though_the_message_arrived_and_the_repetition_looks_like_a_new_one(
    desk: Desk,
) -> None:
    webhook = Scripted("webhook", [Attempt(Outcome.UNKNOWN, "ReadTimeout")])
    async with sending(desk, Scripted("terminal"), webhook):
        await desk.hear(finding())
        await webhook.sent_times(2)
    assert [message.kind for message in webhook.sent] == [MessageKind.PAGE, MessageKind.REPEAT]
    assert len({message.delivery for message in webhook.sent}) == 1


async def test_not_here_a_slow_channel_blocks_all_others(desk: Desk) -> None:
    slow, quick = Scripted("webhook", gate=asyncio.Event()), Scripted("terminal")
    async with sending(desk, quick, slow):
        await desk.hear(finding())
        await slow.tried.wait()
        for number in range(20):
            await desk.hear(finding(issue_id=f"issue-{number}", at=after() + timedelta(seconds=number)))
        await quick.sent_times(21)
        assert len(slow.sent) < len(quick.sent)
        slow.open()
