"""Whoever overrides with "will monitor" has kept that once the monitoring is observed, and not before."""

import pytest

from schemas.alerts import AlertState, OverrideReason
from schemas.issues import MonitoringSeen, Transition
from tests.notifier.builders import ISSUE, PATIENT, after, finding
from tests.notifier.desk import Desk
from tests.notifier.store.test_unfit_values import taken
from tests.notifier.ward_policy import DOCTOR, WardPolicy

pytestmark = [pytest.mark.asyncio, pytest.mark.redis]


def seen(minutes: float, event: str = "creatinine-17", **changes: object) -> MonitoringSeen:
    """A creatinine, measured so long after the finding."""
    stated = {"issue_id": ISSUE, "patient": PATIENT, "episode": 1, "event": event, "what": "creatinine"}
    return MonitoringSeen.model_validate({**stated, "at": after(minutes=minutes), **changes})


async def promised(desk: Desk) -> None:
    """Two minutes after the finding the doctor promises to watch the creatinine, within two hours."""
    await desk.hear(finding())
    await desk.tell()
    await desk.pass_time(after(minutes=2))
    await desk.override(reason=OverrideReason.WILL_MONITOR, hours=2)


async def test_what_is_observed_ends_the_promise_as_monitored_and_is_named(
    desk: Desk, ward: WardPolicy
) -> None:
    await promised(desk)
    await desk.pass_time(after(minutes=60))
    assert await taken(desk, seen(50), seen(50)) == []
    alert = await desk.alert()
    assert alert.override is not None
    assert (alert.state, alert.override.reason) == (AlertState.OVERRIDDEN, "monitored")
    kept = [line for line in await desk.reader.history(alert.id) if line.event == "monitored"]
    assert [line.because for line in kept] == ["creatinine-17"]
    await desk.pass_time(after(minutes=122))
    assert await desk.orders() == []


async def test_a_result_that_kept_a_promise_and_is_taken_back_opens_the_alert_at_once(
    desk: Desk, ward: WardPolicy
) -> None:
    await promised(desk)
    await desk.pass_time(after(minutes=60))
    back = seen(50, taken_back=True)
    assert await taken(desk, back, seen(50), seen(55, "another", taken_back=True)) == []
    assert (await desk.alert()).state is AlertState.OVERRIDDEN
    assert await taken(desk, seen(50), back, back) == []
    await desk.pass_time(after(minutes=61))
    assert (await desk.alert()).state is AlertState.OPEN
    events = await desk.events()
    assert events[-4:] == ["monitored", "monitoring-taken-back", "not-monitored", "escalated"]
    assert DOCTOR in await desk.told()


async def test_a_corrected_result_that_is_taken_back_opens_the_alert_at_once(
    desk: Desk, ward: WardPolicy
) -> None:
    await promised(desk)
    await desk.pass_time(after(minutes=60))
    corrected = seen(51, "corrected", replaces="creatinine-17")
    assert await taken(desk, seen(50), corrected, corrected, seen(50, taken_back=True)) == []
    assert "monitoring-taken-back" not in await desk.events()
    assert await taken(desk, corrected.model_copy(update={"taken_back": True})) == []
    assert (await desk.events())[-2:] == ["monitoring-corrected", "monitoring-taken-back"]


async def test_a_result_that_was_corrected_to_before_the_promise_keeps_it_no_longer(
    desk: Desk, ward: WardPolicy
) -> None:
    await promised(desk)
    await desk.pass_time(after(minutes=60))
    assert await taken(desk, seen(50), seen(1, "corrected", replaces="creatinine-17")) == []
    await desk.pass_time(after(minutes=61))
    assert (await desk.alert()).state is AlertState.OPEN
    assert "not-monitored" in await desk.events()


async def test_the_event_that_kept_a_promise_is_kept_beside_what_counts_as_monitoring(
    desk: Desk, ward: WardPolicy
) -> None:
    counts = {"monitored_by": ("creatinine", "egfr")}
    await desk.hear(finding(**counts))
    await desk.tell()
    await desk.override(reason=OverrideReason.WILL_MONITOR, hours=2)
    await desk.pass_time(after(minutes=10))
    await taken(desk, seen(5))
    assert (await desk.alert()).facts["monitored_by"] == "creatinine, egfr"
    await desk.hear(finding(Transition.EASED, 2, at=after(minutes=11), **counts))
    await taken(desk, seen(5, taken_back=True))
    assert "monitoring-taken-back" in await desk.events()


async def test_what_was_measured_before_the_promise_does_not_keep_it(desk: Desk, ward: WardPolicy) -> None:
    await promised(desk)
    await desk.pass_time(after(minutes=60))
    assert await taken(desk, seen(1), seen(2, "at the very moment")) == []
    await desk.pass_time(after(minutes=122))
    assert (await desk.alert()).state is AlertState.OPEN
    assert "not-monitored" in await desk.events()
    assert DOCTOR in await desk.told()


async def test_what_is_observed_of_another_episode_or_for_another_reason_changes_nothing(
    desk: Desk, ward: WardPolicy
) -> None:
    await promised(desk)
    assert await taken(desk, seen(50, episode=2), seen(50, issue_id="another")) == []
    assert "monitored" not in await desk.events()
    await desk.override(reason=OverrideReason.COMFORT_CARE)
    await taken(desk, seen(50), seen(51))
    assert "monitored" not in await desk.events()


async def test_it_is_shown_what_would_count_as_monitoring(desk: Desk) -> None:
    await desk.hear(finding(monitored_by=("creatinine", "egfr")))
    assert (await desk.alert()).facts["monitored_by"] == "creatinine, egfr"
