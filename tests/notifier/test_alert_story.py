"""From finding to answer: what becomes of an alert, on real servers."""

from datetime import timedelta

import pytest

from schemas.alerts import AlertState
from schemas.base import Mode, Severity, TimeDomain
from schemas.issues import DetectedIssue, Transition
from services.notifier.alerts import instant
from services.notifier.findings.change import milliseconds
from services.notifier.store.identifiers import tags
from tests.notifier.builders import after, finding, not_assessed
from tests.notifier.desk import PARTITION, Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_a_finding_past_its_settling_time_is_ordered_on_every_channel_at_once(desk: Desk) -> None:
    assert await desk.hear(finding()) == "raised"
    orders = await desk.orders()
    assert [order.target.channel for order in orders] == ["terminal", "webhook"]
    assert len({order.delivery for order in orders}) == 2
    assert (await desk.alert()).state is AlertState.OPEN


async def test_a_finding_that_must_settle_pages_only_when_told_time_passes(desk: Desk) -> None:
    await desk.hear(finding(page_from=after(seconds=30)))
    assert await desk.orders() == []
    await desk.pass_time(after(seconds=29))
    assert await desk.orders() == []
    await desk.pass_time(after(seconds=30))
    assert len(await desk.orders()) == 2


async def test_a_finding_that_goes_away_while_it_settles_is_never_paged(desk: Desk) -> None:
    await desk.hear(finding(page_from=after(minutes=5)))
    await desk.hear(finding(Transition.RESOLVED, 2))
    await desk.pass_time(after(minutes=10))
    assert await desk.orders() == []
    assert await desk.events() == ["raised", "resolved"]


@pytest.mark.parametrize(
    ("quiet", "issue"),
    [
        ("advisory", finding(severity=Severity.MINOR, high_alert=True)),
        ("shadow", finding(shadow=True)),
        ("not-assessed", not_assessed()),
        ("covered", finding(covered_by="another-issue")),
        ("backfill", finding(mode=Mode.BACKFILL, severity=Severity.CONTRAINDICATED)),
    ],
)
async def test_what_does_not_page_is_listed_with_the_reason(
    desk: Desk, quiet: str, issue: DetectedIssue
) -> None:
    await desk.hear(issue)
    await desk.pass_time(after(days=1))
    assert await desk.orders() == []
    listed = await desk.reader.alerts()
    assert [(alert.quiet, alert.state) for alert in listed] == [(quiet, AlertState.OPEN)]


async def test_backfill_that_still_holds_when_the_feed_goes_live_is_paged(desk: Desk) -> None:
    await desk.hear(finding(mode=Mode.BACKFILL))
    await desk.hear(finding(Transition.REPUBLISHED))
    assert len(await desk.orders()) == 2
    assert await desk.hear(finding(Transition.REPUBLISHED)) == "repeated"


async def test_a_covered_finding_pages_when_its_cover_goes(desk: Desk) -> None:
    await desk.hear(finding(covered_by="another-issue"))
    await desk.hear(finding(Transition.EASED, 2))
    assert len(await desk.orders()) == 2


async def test_a_page_that_was_queued_when_the_cover_came_is_paged_after_all_when_it_goes(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.EASED, 2, covered_by="another-issue"))
    assert await desk.tell() == []
    await desk.hear(finding(Transition.EASED, 3))
    assert len(await desk.tell()) == 2


async def test_a_worse_dose_voids_the_acknowledgement_and_pages_again(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    assert (await desk.acknowledge()).result == "done"
    await desk.hear(finding(Transition.WORSENED, 2))
    alert = await desk.alert()
    assert (alert.state, alert.acked_by) == (AlertState.OPEN, "")
    assert len(await desk.tell()) == 2


async def test_an_easing_keeps_the_acknowledgement(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge()
    await desk.hear(finding(Transition.EASED, 2))
    alert = await desk.alert()
    assert (alert.state, alert.acked_by, alert.revision) == (AlertState.ACKNOWLEDGED, "nurse on call", 2)
    assert await desk.orders() == []


async def test_what_the_last_page_said_already_calls_nobody_again(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.EASED, 2))
    assert await desk.hear(finding(Transition.WORSENED, 3, told_before=1)) == "returned"
    alert = await desk.alert()
    assert (alert.state, alert.revision) == (AlertState.NOTIFIED, 3)
    assert await desk.orders() == []


async def test_whoever_acknowledged_the_page_is_not_called_when_the_dose_is_back_where_it_was(
    desk: Desk,
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge()
    await desk.hear(finding(Transition.EASED, 2))
    await desk.hear(finding(Transition.WORSENED, 3, told_before=1))
    alert = await desk.alert()
    assert (alert.state, alert.acked_by) == (AlertState.ACKNOWLEDGED, "nurse on call")
    assert await desk.orders() == []


async def test_whoever_acknowledged_what_had_eased_is_called_when_it_is_back_where_it_was(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.EASED, 2))
    await desk.acknowledge(revision=2)
    assert await desk.hear(finding(Transition.WORSENED, 3, told_before=1)) == "worsened"
    assert len(await desk.tell()) == 2


async def test_a_page_that_waited_until_the_dose_had_eased_said_less_than_what_is_back(desk: Desk) -> None:
    await desk.hear(finding(page_from=after(minutes=2)))
    await desk.hear(finding(Transition.EASED, 2))
    await desk.pass_time(after(minutes=2))
    assert {order.delivery.split(":")[2] for order in await desk.tell()} == {"2"}
    assert await desk.hear(finding(Transition.WORSENED, 3, told_before=1, at=after(minutes=3))) == "worsened"
    assert len(await desk.tell()) == 2


async def test_a_page_that_was_never_seen_here_does_not_count_as_told_before(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.EASED, 3))
    await desk.tell()
    assert await desk.hear(finding(Transition.WORSENED, 4, told_before=2)) == "worsened"
    assert len(await desk.tell()) == 2


async def test_an_easing_after_a_revision_nobody_saw_is_taken_for_a_worsening(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.acknowledge()
    assert await desk.hear(finding(Transition.EASED, 3)) == "worsened"
    assert (await desk.alert()).state is AlertState.OPEN


async def test_a_page_that_a_worse_dose_overtook_is_not_told(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.WORSENED, 2))
    told = await desk.tell()
    assert {order.delivery.split(":")[2] for order in told} == {"2"}


async def test_a_late_receipt_of_the_overtaken_page_does_not_stop_the_new_one(desk: Desk) -> None:
    await desk.hear(finding())
    order = (await desk.orders())[0]
    assert await desk.lease(order)
    await desk.hear(finding(Transition.WORSENED, 2, page_from=after(minutes=3)))
    await desk.receipt(order, "delivered")
    assert (await desk.alert()).state is AlertState.OPEN
    await desk.pass_time(after(minutes=3))
    assert len(await desk.tell()) == 2


async def test_a_page_queued_before_the_acknowledgement_is_dropped(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.acknowledge()
    assert await desk.tell() == []
    assert await desk.orders() == []


async def test_a_resolved_finding_tells_nobody_again(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.RESOLVED, 2))
    assert await desk.orders() == []
    assert (await desk.alert()).state is AlertState.RESOLVED


async def test_a_worsening_does_not_postpone_a_page_that_was_about_to_go(desk: Desk) -> None:
    await desk.hear(finding(page_from=after(minutes=2)))
    await desk.hear(finding(Transition.WORSENED, 2, page_from=after(minutes=6)))
    await desk.pass_time(after(minutes=2))
    assert len(await desk.orders()) == 2


async def test_live_alerts_settle_by_the_clock_of_the_store(desk: Desk) -> None:
    now = instant(await desk.store.now_ms())
    ahead = finding(time_domain=TimeDomain.LIVE, at=now, page_from=now + timedelta(hours=1))
    passed = finding(time_domain=TimeDomain.LIVE, at=now, page_from=now, issue_id="another")
    await desk.hear(ahead)
    await desk.hear(passed)
    await desk.timers.take(TimeDomain.LIVE, PARTITION, milliseconds(now + timedelta(days=1)), tags())
    assert {order.delivery.split("-")[1].split(":")[0] for order in await desk.orders()} == {"another"}


async def test_told_time_never_goes_back(desk: Desk) -> None:
    await desk.hear(finding(Transition.RAISED, 1, at=after(minutes=9), page_from=after(minutes=9)))
    await desk.hear(finding(issue_id="another", at=after(minutes=1), page_from=after(minutes=8)))
    assert len(await desk.orders()) == 4


async def test_the_alert_of_a_merged_record_is_neither_resolved_nor_withdrawn_and_tells_nobody(
    desk: Desk,
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge()
    assert await desk.hear(finding(Transition.MOVED, 2, moved_to="the-survivor")) == "moved"
    alert = await desk.alert()
    assert (alert.state, alert.live, alert.facts["moved_to"]) == (AlertState.MOVED, False, "the-survivor")
    assert await desk.orders() == []
    assert (await desk.events())[-1] == "moved"
    await desk.hear(finding(episode=2))
    assert (await desk.alert()).state is AlertState.OPEN


async def test_a_page_under_way_is_not_sent_for_a_record_that_was_merged_away(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.MOVED, 2, moved_to="the-survivor"))
    assert await desk.tell() == []
