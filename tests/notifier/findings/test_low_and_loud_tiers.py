"""Low tiers wait for the end of quiet hours and are given up one day; loud tiers neither."""

import pytest

from schemas.alerts import ActionKind, AlertState
from schemas.base import Severity
from schemas.issues import Transition
from tests.notifier.builders import after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, MANAGER, NURSE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_quiet_hours_hold_low_tiers_back_until_their_end_and_the_alert_says_so(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.quiet_until = after(hours=2)
    await desk.hear(finding(severity=Severity.MODERATE))
    await desk.pass_time(after(hours=1, minutes=59))
    assert await desk.orders() == []
    assert (await desk.alert()).facts["held"] == "quiet hours"
    await desk.pass_time(after(hours=2))
    assert await desk.told() == {NURSE}


async def test_a_page_is_never_early_not_by_half_a_millisecond(desk: Desk, ward: WardPolicy) -> None:
    """The store counts in whole milliseconds."""
    await desk.hear(finding(page_from=after(minutes=1, microseconds=400)))
    await desk.pass_time(after(minutes=1))
    assert await desk.orders() == []
    await desk.pass_time(after(minutes=1, milliseconds=1))
    assert await desk.told() == {NURSE}


async def test_quiet_hours_that_begin_between_two_steps_hold_the_second(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    await desk.tell()
    ward.quiet_until = after(hours=1)
    await desk.pass_time(after(minutes=5))
    assert await desk.orders() == []
    await desk.pass_time(after(hours=1))
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}


@pytest.mark.parametrize("severity", [Severity.MAJOR, Severity.CONTRAINDICATED])
async def test_quiet_hours_never_hold_the_loud_tiers(
    desk: Desk, ward: WardPolicy, severity: Severity
) -> None:
    ward.quiet_until = after(hours=2)
    await desk.hear(finding(severity=severity))
    assert await desk.told() == {NURSE}


async def test_a_low_tier_that_nobody_answers_is_told_no_more_and_stays_listed(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    for minutes in range(0, 121, 5):
        await desk.pass_time(after(minutes=minutes))
        await desk.tell()
    assert [alert.state for alert in await desk.reader.alerts()] == [AlertState.EXPIRED]
    assert await desk.pass_time(after(hours=9)) == 0
    await desk.hear(finding(Transition.WORSENED, 2, severity=Severity.MODERATE, at=after(hours=10)))
    assert await desk.told() == {NURSE}


async def test_a_page_of_which_nobody_has_heard_yet_does_not_expire_and_its_time_begins_when_somebody_has(
    desk: Desk, ward: WardPolicy
) -> None:
    """It waits at a sender for the end of a silence, or to go together with others."""
    await desk.hear(finding(severity=Severity.MODERATE))
    for minutes in range(0, 190, 5):
        await desk.pass_time(after(minutes=minutes))
    assert (await desk.alert()).state is AlertState.OPEN
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE, MANAGER}
    await desk.pass_time(after(minutes=185 + 119))
    assert (await desk.alert()).state is AlertState.NOTIFIED
    await desk.pass_time(after(minutes=185 + 120))
    assert (await desk.alert()).state is AlertState.EXPIRED


async def test_a_page_that_no_channel_takes_does_not_expire(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    for minutes in range(0, 190, 5):
        await desk.pass_time(after(minutes=minutes))
        await desk.tell(state="failed")
    assert (await desk.alert()).state is AlertState.OPEN


async def test_after_an_acknowledgement_has_ended_the_time_begins_when_the_next_step_has_heard_of_it(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    await desk.tell()
    await desk.acknowledge(actor="nurse-7")
    for minutes in range(0, 15 + 180, 5):
        await desk.pass_time(after(minutes=minutes))
    assert (await desk.alert()).state is AlertState.OPEN
    assert await desk.told()
    await desk.pass_time(after(minutes=15 + 175 + 120))
    assert (await desk.alert()).state is AlertState.EXPIRED


async def test_an_expired_alert_can_be_taken_on_and_is_told_for_its_whole_time_again(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    for minutes in range(0, 121, 5):
        await desk.tell()
        await desk.pass_time(after(minutes=minutes))
    assert (await desk.alert()).state is AlertState.EXPIRED
    assert (await desk.acknowledge(actor="nurse-7")).result == "done"
    await desk.pass_time(after(minutes=135))
    assert NURSE in await desk.told()
    await desk.pass_time(after(minutes=134 + 120))
    assert (await desk.alert()).state is not AlertState.EXPIRED


async def test_a_loud_tier_is_told_for_as_long_as_it_holds(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    for hours in range(1, 49):
        await desk.pass_time(after(hours=hours))
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE, MANAGER}
    assert (await desk.alert()).level == 49


async def test_what_is_given_back_long_after_its_time_is_told_again_and_expires_by_when_that_was_heard(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    await desk.tell()
    await desk.override(hours=8)
    await desk.pass_time(after(hours=5))
    await desk.act(ActionKind.UNACKNOWLEDGE, actor="doctor")
    await desk.pass_time(after(hours=5, minutes=1))
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}
    await desk.pass_time(after(hours=6, minutes=59))
    assert (await desk.alert()).state is AlertState.NOTIFIED
    await desk.pass_time(after(hours=7, minutes=1))
    assert (await desk.alert()).state is AlertState.EXPIRED
