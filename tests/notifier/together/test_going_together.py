"""Pages of low tiers go together, with a sender at work; each alert keeps its own state and receipt."""

from datetime import timedelta

import pytest

from schemas.base import Severity
from schemas.issues import Transition
from services.notifier.policy.routes import LowTiers
from services.notifier.store.identifiers import alert_id
from services.notifier.telling.messages import MessageKind
from services.notifier.together.counting import low_pages
from services.notifier.together.gathering import Gatherer
from services.notifier.together.postbox import Postbox
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk
from tests.notifier.sending import sending
from tests.notifier.telling.test_sender import Scripted
from tests.notifier.test_alerts_command import command
from tests.notifier.together.low_pages_said import LONG, OTHER, low, notified, waits
from tests.notifier.ward_policy import NURSE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


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
