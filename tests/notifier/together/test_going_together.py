"""Pages of low tiers go together, with a sender at work; each alert keeps its own state and receipt."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from schemas.alerts import AlertState
from schemas.base import Mode, Severity
from schemas.issues import DetectedIssue, Transition
from services.notifier.alerts import Alert
from services.notifier.channels import Attempt, Outcome
from services.notifier.policy.plan import Target
from services.notifier.policy.routes import LowTiers
from services.notifier.store.identifiers import alert_id, key, tag_of
from services.notifier.telling.messages import MessageKind
from services.notifier.together.bundling import delivery_together
from services.notifier.together.counting import low_pages
from services.notifier.together.gathering import Gatherer
from services.notifier.together.postbox import Postbox
from tests.notifier.builders import PATIENT, after, finding
from tests.notifier.desk import Desk
from tests.notifier.duty import until
from tests.notifier.sending import sending
from tests.notifier.telling.test_sender import Scripted
from tests.notifier.test_alerts_command import command
from tests.notifier.ward_policy import NURSE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]

OTHER = "c0ffee00a9e84763b8d2c1f0a9e84763"
SHORT = timedelta(milliseconds=400)
LONG = timedelta(minutes=30)


@pytest_asyncio.fixture
async def nurses(desk: Desk, ward: WardPolicy) -> AsyncIterator[Scripted]:
    """The nurse's pager; what is low on the ward goes together after less than a second."""
    ward.low_tiers = LowTiers(together=SHORT)
    yield Scripted("pager")


def low(issue: str, patient: str = PATIENT, **changes: object) -> DetectedIssue:
    """A moderate finding, which is of tier 3."""
    stated = {"severity": Severity.MODERATE, "issue_id": issue, "patient": patient, **changes}
    return finding(**stated)  # type: ignore[arg-type]


async def notified(desk: Desk, *issues: str, patient: str = PATIENT) -> list[Alert]:
    for issue in issues:
        await until(desk, lambda alert: alert.state is AlertState.NOTIFIED, issue)
    return [await desk.alert(issue, patient) for issue in issues]


async def waits(desk: Desk) -> list[tuple[str, str]]:
    """Where something waits, and for whom."""
    found = await Postbox(desk.store.connection, "who looks").everything()
    return sorted((each.place.value, str(each.order.target)) for each in found)


async def test_pages_of_one_patient_go_as_one_and_each_alert_has_its_own_receipt(
    desk: Desk, nurses: Scripted
) -> None:
    async with sending(desk, nurses):
        for issue in ("one", "two", "three"):
            await desk.hear(low(issue))
        alerts = await notified(desk, "one", "two", "three")
    (page,) = nurses.sent
    assert (page.kind, page.count, page.patients, page.tier) == (MessageKind.PAGE, 3, 1, 3)
    assert (page.text, page.check) == ("", "")
    assert set(page.alerts) == {alert.id for alert in alerts}
    for alert in alerts:
        assert alert.told == (NURSE,)
        (told,) = [line for line in await desk.reader.history(alert.id) if line.event == "told"]
        assert told.because == page.delivery
    assert await waits(desk) == []
    assert await desk.orders() == []


async def test_two_patients_are_two_pages_and_one_alert_alone_is_a_page_as_ever(
    desk: Desk, nurses: Scripted
) -> None:
    async with sending(desk, nurses):
        await desk.hear(low("one"))
        await desk.hear(low("two", OTHER))
        await nurses.sent_times(2)
    assert {page.alert for page in nurses.sent} == {alert_id(PATIENT, "one"), alert_id(OTHER, "two")}
    assert {(page.count, page.alerts) for page in nurses.sent} == {(1, ())}
    assert all(page.text and page.delivery.startswith(page.alert) for page in nurses.sent)


@pytest.mark.parametrize("severity", [Severity.MAJOR, Severity.CONTRAINDICATED])
async def test_the_loud_tiers_never_wait_and_go_by_themselves(
    desk: Desk, ward: WardPolicy, nurses: Scripted, severity: Severity
) -> None:
    ward.low_tiers = LowTiers(together=LONG, at_most=1, within=LONG)
    async with sending(desk, nurses):
        await desk.hear(low("low"))
        for issue in ("one", "two", "three"):
            await desk.hear(finding(severity=severity, issue_id=issue))
        await nurses.sent_times(3)
        await notified(desk, "one", "two", "three")
    assert sorted(page.alert for page in nurses.sent) == sorted(
        alert_id(PATIENT, issue) for issue in ("one", "two", "three")
    )
    assert await waits(desk) == [("wait", str(NURSE))]


async def test_a_low_alert_that_grows_loud_while_it_waits_goes_at_once(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    ward.low_tiers = LowTiers(together=LONG)
    async with sending(desk, nurses):
        await desk.hear(low("one"))
        await desk.hear(low("one", severity=Severity.MAJOR, transition=Transition.WORSENED, revision=2))
        await nurses.sent_times(1)
    assert [(page.revision, page.tier) for page in nurses.sent] == [(2, 2)]


async def test_after_quiet_hours_each_person_gets_one_digest(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    ward.low_tiers = LowTiers(together=timedelta(seconds=2))
    ward.quiet_until = after(hours=2)
    for issue, patient in (("one", PATIENT), ("two", OTHER), ("three", OTHER)):
        await desk.hear(low(issue, patient))
    async with sending(desk, nurses):
        await desk.pass_time(after(hours=2), (tag_of(PATIENT), tag_of(OTHER)))
        await nurses.sent_times(1)
        await notified(desk, "one")
    (digest,) = nurses.sent
    assert (digest.count, digest.patients, digest.held_back) == (3, 2, 0)


async def test_what_still_waits_when_quiet_hours_begin_waits_for_their_end_and_is_in_the_digest(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    gatherer = Gatherer(Postbox(desk.store.connection, "who gathers"), ward, hand_s=60)
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1))
    await desk.hear(low("one"))
    await desk.hear(low("two", OTHER))
    for order in (*await desk.orders(), *await desk.orders(OTHER)):
        assert await gatherer.takes(order)
    ward.quiet_until = after(hours=1)
    assert await gatherer.due() == []
    assert await waits(desk) == [("quiet", str(NURSE))] * 2
    ward.quiet_until = None
    connection = desk.store.connection
    for tag in (tag_of(PATIENT), tag_of(OTHER)):
        for member, _ in await connection.client.zrange(key(tag, "low", "quiet"), 0, -1, withscores=True):
            await connection.client.zadd(key(tag, "low", "quiet"), {member: 0})
    (digest,) = await gatherer.due()
    assert (len(digest.orders), digest.held_back_of(digest.orders)) == (2, 0)


async def test_what_waits_for_quiet_hours_or_a_silence_goes_on_when_that_ends_early(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    postbox = Postbox(desk.store.connection, "who gathers")
    gatherer = Gatherer(postbox, ward, hand_s=60)
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1))
    await desk.hear(low("one"))
    for order in await desk.orders():
        assert await gatherer.takes(order)
    ward.quiet_until = after(hours=8)
    assert await gatherer.due() == []
    still = Gatherer(postbox, ward, hand_s=60)
    assert [await still.due(), await still.due()] == [[], []]
    ward.quiet_until = None
    restarted = Gatherer(postbox, ward, hand_s=60)
    assert await restarted.due() == []
    (page,) = await restarted.due()
    assert len(page.orders) == 1


async def test_what_waited_for_a_channel_that_is_no_longer_set_up_comes_by_the_next_one_and_is_an_alarm(
    desk: Desk, nurses: Scripted
) -> None:
    gatherer = Gatherer(Postbox(desk.store.connection, "before the start"), desk.policy, hand_s=60)
    for issue in ("one", "two"):
        await desk.hear(low(issue))
    for order in await desk.orders():
        assert await gatherer.takes(order)
    phone = Scripted("phone")
    async with sending(desk, phone, people=PagerOrPhone()) as work:
        alerts = await notified(desk, "one", "two")
        await work.hears("channel-missing")
    assert [page.count for page in phone.sent] == [2]
    assert [alert.told for alert in alerts] == [(Target("nurse-7", "phone"),)] * 2
    assert await waits(desk) == []


async def test_findings_that_stood_at_go_live_come_as_one_digest(desk: Desk, nurses: Scripted) -> None:
    async with sending(desk, nurses):
        for issue, patient in (("one", PATIENT), ("two", OTHER)):
            await desk.hear(low(issue, patient, mode=Mode.BACKFILL))
        for issue, patient in (("one", PATIENT), ("two", OTHER)):
            await desk.hear(low(issue, patient, transition=Transition.REPUBLISHED))
        await notified(desk, "one")
    (digest,) = nurses.sent
    assert (digest.count, digest.patients) == (2, 2)


async def test_what_the_limit_holds_back_is_counted_and_comes_in_the_next_digest(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    ward.low_tiers = LowTiers(together=SHORT, at_most=1, within=timedelta(seconds=6))
    async with sending(desk, nurses):
        await desk.hear(low("one"))
        await nurses.sent_times(1)
        await desk.hear(low("two"))
        await desk.hear(low("three", OTHER))
        await nurses.sent_times(2)
        await notified(desk, "one", "two")
        assert (await desk.alert("three", OTHER)).state is AlertState.NOTIFIED
    first, digest = nurses.sent
    assert (first.count, digest.count, digest.patients, digest.held_back) == (1, 2, 2, 2)
    assert await waits(desk) == []


async def test_what_is_answered_or_withdrawn_while_it_waits_is_not_told(desk: Desk, nurses: Scripted) -> None:
    for issue in ("one", "two", "three"):
        await desk.hear(low(issue))
    await desk.acknowledge(alert=alert_id(PATIENT, "one"))
    await desk.hear(low("two", transition=Transition.WITHDRAWN, revision=2))
    async with sending(desk, nurses):
        await notified(desk, "three")
    assert [(page.kind, page.alert) for page in nurses.sent] == [
        (MessageKind.PAGE, alert_id(PATIENT, "three"))
    ]
    assert await waits(desk) == []


async def test_a_withdrawal_goes_to_exactly_those_who_were_told_in_a_bundle(
    desk: Desk, nurses: Scripted
) -> None:
    async with sending(desk, nurses):
        for issue in ("one", "two"):
            await desk.hear(low(issue))
        await notified(desk, "one", "two")
        await desk.hear(low("two", transition=Transition.WITHDRAWN, revision=2))
        await nurses.sent_times(2)
    assert [(page.kind, page.count) for page in nurses.sent] == [
        (MessageKind.PAGE, 2),
        (MessageKind.RETRACTION, 1),
    ]
    assert nurses.sent[1].alert == alert_id(PATIENT, "two")


async def test_a_bundle_whose_answer_was_lost_is_repeated_as_a_repetition_under_the_same_id(
    desk: Desk, nurses: Scripted
) -> None:
    nurses.script = [Attempt(Outcome.UNKNOWN, "ReadTimeout")]
    async with sending(desk, nurses):
        for issue in ("one", "two"):
            await desk.hear(low(issue))
        await nurses.sent_times(2)
        await notified(desk, "one", "two")
    assert [page.kind for page in nurses.sent] == [MessageKind.PAGE, MessageKind.REPEAT]
    assert len({page.delivery for page in nurses.sent}) == 1


async def test_what_is_answered_between_attempts_is_not_told_and_waits_nowhere_any_more(
    desk: Desk, nurses: Scripted
) -> None:
    nurses.script, nurses.gate = [Attempt(Outcome.AGAIN, "HTTP 503")] * 2, asyncio.Event()
    async with sending(desk, nurses):
        for issue in ("one", "two", "three"):
            await desk.hear(low(issue))
        await nurses.sent_times(1)
        await desk.acknowledge(alert=alert_id(PATIENT, "one"))
        nurses.open()
        await notified(desk, "two", "three")
    assert [page.count for page in nurses.sent] == [3, 2, 2]
    assert await waits(desk) == []


@pytest.mark.parametrize("answered", [1, 2])
async def test_a_bundle_keeps_its_id_when_some_of_it_is_answered_before_it_is_repeated(
    desk: Desk, nurses: Scripted, answered: int
) -> None:
    """Its first attempt may have arrived, and said more: a receiver that drops repetitions hears it once."""
    nurses.script, nurses.gate = [Attempt(Outcome.UNKNOWN, "ReadTimeout")], asyncio.Event()
    async with sending(desk, nurses):
        for issue in ("one", "two", "three"):
            await desk.hear(low(issue))
        await nurses.sent_times(1)
        for issue in ("one", "two")[:answered]:
            await desk.acknowledge(alert=alert_id(PATIENT, issue), command=issue)
        nurses.open()
        (alert,) = await notified(desk, "three")
    first, repeated = nurses.sent
    assert (first.count, repeated.count, repeated.kind) == (3, 3 - answered, MessageKind.REPEAT)
    assert first.delivery == repeated.delivery
    (told,) = [line for line in await desk.reader.history(alert.id) if line.event == "told"]
    assert told.because == first.delivery


async def test_what_another_sender_has_of_a_bundle_goes_under_an_id_of_its_own(
    desk: Desk, nurses: Scripted
) -> None:
    """Under the same id a receiver would take the second part for a repetition of the first."""
    gatherer = Gatherer(Postbox(desk.store.connection, "sender"), desk.policy, hand_s=60)
    for issue in ("one", "two", "three"):
        await desk.hear(low(issue))
    orders = await desk.orders()
    for order in orders:
        assert await gatherer.takes(order)
    assert await desk.lease(orders[0], "another sender")
    async with sending(desk, nurses):
        await notified(desk, "two", "three")
    (page,) = nurses.sent
    assert (page.count, page.delivery) == (2, delivery_together(orders[1:]))


class PagerOrPhone:
    """The nurse has a pager, and a phone where that does not do."""

    def channels(self, person: str) -> tuple[str, ...]:
        return ("pager", "phone")

    def address(self, person: str, channel: str) -> str | None:
        return ""


async def test_a_bundle_that_a_channel_refuses_goes_as_one_by_the_person_s_next_one(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    ward.low_tiers = LowTiers(together=SHORT, at_most=1, within=LONG)
    nurses.script, phone = [Attempt(Outcome.REFUSED, "HTTP 410")], Scripted("phone")
    async with sending(desk, nurses, phone, people=PagerOrPhone()) as work:
        for issue in ("one", "two"):
            await desk.hear(low(issue))
        alerts = await notified(desk, "one", "two")
        await work.hears("channel-pager")
    assert [page.count for page in (*nurses.sent, *phone.sent)] == [2, 2]
    assert [alert.told for alert in alerts] == [(Target("nurse-7", "phone"),)] * 2
    assert await waits(desk) == []


async def test_what_a_sender_died_with_in_hand_is_given_out_again(desk: Desk, nurses: Scripted) -> None:
    nurses.script = [Attempt(Outcome.AGAIN, "HTTP 503", 60)]
    async with sending(desk, nurses, lease_s=0.5, holder="dies"):
        for issue in ("one", "two"):
            await desk.hear(low(issue))
        await nurses.sent_times(1)
        while [place for place, _ in await waits(desk)] != ["hand", "hand"]:
            await nurses.tried.wait()
    connection = desk.store.connection
    name = key(tag_of(PATIENT), "low", "hand")
    for member in await connection.client.zrange(name, 0, -1):
        await connection.client.zadd(name, {member: 0})
    async with sending(desk, nurses, holder="lives"):
        await notified(desk, "one", "two")
    assert [page.count for page in nurses.sent] == [2, 2]


async def test_what_a_sender_died_with_in_hand_is_repeated_as_it_was_and_what_came_since_goes_by_itself(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1), at_most=1, within=LONG)
    died = Gatherer(Postbox(desk.store.connection, "dies"), ward, hand_s=0)
    lives = Gatherer(Postbox(desk.store.connection, "lives"), ward, hand_s=60)
    for issue in ("one", "two"):
        await desk.hear(low(issue))
    for order in await desk.orders():
        assert await died.takes(order)
    (first,) = await died.due()
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1))
    await desk.hear(low("three"))
    for order in await desk.orders():
        assert await lives.takes(order)
    again, new = sorted(await lives.due(), key=lambda bundle: len(bundle.orders), reverse=True)
    assert (again.delivery, again.orders) == (first.delivery, first.orders)
    assert [order.delivery for order in new.orders] == [new.delivery]
    await lives.finished((*again.waiting, *new.waiting))
    assert await waits(desk) == []


async def test_the_limit_counts_what_a_sender_died_with_once(desk: Desk, ward: WardPolicy) -> None:
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1), at_most=1, within=LONG)
    await desk.hear(low("one"))
    died = Gatherer(Postbox(desk.store.connection, "dies"), ward, hand_s=0)
    for order in await desk.orders():
        assert await died.takes(order)
    (first,) = await died.due()
    (again,) = await Gatherer(Postbox(desk.store.connection, "lives"), ward, hand_s=60).due()
    assert again.delivery == first.delivery


async def test_two_senders_make_one_page_of_what_either_has_read(desk: Desk, nurses: Scripted) -> None:
    async with sending(desk, nurses, holder="a"), sending(desk, nurses, holder="b"):
        for number in range(8):
            await desk.hear(low(f"issue {number}"))
        await notified(desk, *(f"issue {number}" for number in range(8)))
    assert sum(page.count for page in nurses.sent) == 8
    assert len(nurses.sent) == 1


async def test_what_waits_and_what_is_held_back_is_counted_and_shown(
    desk: Desk, ward: WardPolicy, store_url: str
) -> None:
    gatherer = Gatherer(Postbox(desk.store.connection, "who gathers"), ward, hand_s=60)

    async def given_out(issue: str, patient: str = PATIENT) -> list[int]:
        await desk.hear(low(issue, patient))
        for order in await desk.orders(patient):
            assert await gatherer.takes(order)
        return [len(bundle.orders) for bundle in await gatherer.due()]

    ward.low_tiers = LowTiers(together=timedelta(microseconds=1), at_most=1, within=LONG)
    assert await given_out("one") == [1]
    assert await given_out("two") == []
    assert await given_out("three", OTHER) == []
    ward.low_tiers = LowTiers(together=LONG)
    assert await given_out("four") == []
    counted = await low_pages(desk.store.connection)
    assert (counted.waiting, counted.held_back, counted.in_hand, counted.overdue_s) == (1, 2, 1, 0.0)
    two = (await command(store_url, "show", alert_id(PATIENT, "two"))).stdout.splitlines()[-1]
    assert two.startswith(f"The page for {NURSE} is held back by the limit, at the longest until 2")
    shown = (await command(store_url, "list")).stderr
    assert shown == (
        "of pages of low tiers 1 wait to go together, 2 are held back by the limit, for the next digest.\n"
    )
