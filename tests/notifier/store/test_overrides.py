"""An override is reasoned, bounded, counted, and over as soon as the facts are worse than it knew."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.alerts import ActionKind, AlertAction, AlertState, OverrideReason, OverrideScope
from schemas.base import Severity
from schemas.issues import Transition
from tests.notifier.builders import after, finding
from tests.notifier.desk import ALERT, Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, NURSE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_an_override_tells_nobody_until_its_end_then_its_maker_and_the_next_step(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    assert (await desk.override(hours=8, actor="doctor-2")).result == "done"
    await desk.pass_time(after(hours=7, minutes=59))
    assert await desk.orders() == []
    alert = await desk.alert()
    assert (alert.state, alert.holder) == (AlertState.OVERRIDDEN, "doctor-2")
    await desk.pass_time(after(hours=8))
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}
    alert = await desk.alert()
    assert (alert.override, alert.level) == (None, 2)
    assert "override-ended" in await desk.events()


async def test_a_page_on_its_way_is_dropped(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.override()
    assert await desk.tell() == []


async def test_a_worse_dose_ends_it(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override()
    await desk.hear(finding(Transition.WORSENED, 2))
    assert await desk.told() == {NURSE}
    assert (await desk.alert()).override is None


async def test_what_it_keeps_quiet_is_counted(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override()
    await desk.hear(finding(Transition.EASED, 2))
    await desk.hear(finding(Transition.WORSENED, 3, told_before=1))
    override = (await desk.alert()).override
    assert override is not None
    assert override.count == 2


async def test_of_a_dose_it_ends_when_the_amount_rises_at_all(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override(scope=OverrideScope.DOSE)
    await desk.hear(finding(Transition.EASED, 2))
    assert await desk.hear(finding(Transition.WORSENED, 3, told_before=1)) == "worsened"
    assert await desk.told() == {NURSE}


async def test_of_something_that_had_eased_it_ends_when_that_is_back(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.EASED, 2))
    await desk.override(2)
    assert await desk.hear(finding(Transition.WORSENED, 3, told_before=1)) == "worsened"


@pytest.mark.parametrize(
    ("scope", "outcome"),
    [
        (OverrideScope.DOSE, "raised"),
        (OverrideScope.ORDER, "raised"),
        (OverrideScope.PATIENT, "held-back"),
    ],
)
async def test_only_one_for_the_patient_holds_for_a_new_episode(
    desk: Desk, ward: WardPolicy, scope: OverrideScope, outcome: str
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override(scope=scope)
    await desk.hear(finding(Transition.RESOLVED, 2))
    assert await desk.hear(finding(episode=2, at=after(hours=1))) == outcome


async def test_a_finding_that_is_held_back_is_paged_when_the_override_ends(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override(scope=OverrideScope.PATIENT, hours=8)
    await desk.hear(finding(Transition.RESOLVED, 2))
    await desk.hear(finding(episode=2, at=after(hours=1)))
    assert await desk.orders() == []
    await desk.pass_time(after(hours=8))
    assert await desk.told() == {NURSE}


async def test_a_louder_finding_is_not_held_back(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.override(scope=OverrideScope.PATIENT)
    await desk.hear(finding(Transition.RESOLVED, 2))
    louder = finding(episode=2, at=after(hours=1), severity=Severity.CONTRAINDICATED)
    assert await desk.hear(louder) == "raised"


async def test_a_corrected_finding_leaves_no_override_behind(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override(scope=OverrideScope.PATIENT)
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert await desk.told() == {NURSE}
    assert await desk.hear(finding(episode=2, at=after(hours=1))) == "raised"


@pytest.mark.parametrize("second", [None, "doctor"])
async def test_the_loudest_tier_needs_a_second_person_who_is_not_the_first(
    desk: Desk, ward: WardPolicy, second: str | None
) -> None:
    await desk.hear(finding(severity=Severity.CONTRAINDICATED))
    await desk.tell()
    answer = await desk.override(second=second)
    assert (answer.result, answer.detail) == ("refused", "second-person")
    assert (await desk.alert()).state is AlertState.NOTIFIED
    assert (await desk.events())[-1] == "overridden-refused"


async def test_two_persons_can_override_the_loudest_tier(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding(severity=Severity.CONTRAINDICATED))
    assert (await desk.override(second="pharmacist")).result == "done"
    override = (await desk.alert()).override
    assert override is not None
    assert (override.by, override.second) == ("doctor", "pharmacist")


async def test_a_promise_to_monitor_that_is_not_kept_is_told(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override(reason=OverrideReason.WILL_MONITOR, hours=2, actor="doctor-2")
    await desk.pass_time(after(hours=2))
    assert (await desk.alert()).state is AlertState.OPEN
    assert "not-monitored" in await desk.events()
    assert DOCTOR in await desk.told()


async def test_a_promise_to_monitor_that_is_kept_holds_for_as_long_again(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override(reason=OverrideReason.WILL_MONITOR, hours=2)
    await desk.pass_time(after(hours=1))
    assert await desk.measured("creatinine-17", after(minutes=50)) == "monitored"
    assert await desk.measured("creatinine-17", after(minutes=50)) == "monitored"
    assert await desk.measured("creatinine-18", after(minutes=50)) == "nothing"
    assert (await desk.events()).count("monitored") == 1
    await desk.pass_time(after(hours=2, minutes=59))
    assert await desk.orders() == []
    await desk.pass_time(after(hours=3))
    assert (await desk.events())[-2:] == ["override-ended", "escalated"]


async def test_an_override_can_be_taken_back(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override()
    assert (await desk.act(ActionKind.UNACKNOWLEDGE, actor="doctor")).result == "done"
    await desk.pass_time(after())
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}


GOOD: dict[str, Any] = {
    "key": "k",
    "alert_id": ALERT,
    "action": ActionKind.OVERRIDE,
    "revision": 1,
    "episode": 1,
    "actor": "doctor",
    "reason": OverrideReason.OTHER,
    "scope": OverrideScope.DOSE,
    "lasts_s": 60,
    "note": "why",
}


@pytest.mark.parametrize(
    "change",
    [
        {"reason": None},
        {"scope": None},
        {"lasts_s": None},
        {"lasts_s": 86_401},
        {"note": ""},
        {"to": "nurse-8"},
        {"action": "acknowledge"},
        {"action": "resolve"},
        {"action": "hand-over", "reason": None, "scope": None, "lasts_s": None},
    ],
)
async def test_an_action_that_says_too_little_or_too_much_is_refused(change: dict[str, Any]) -> None:
    assert AlertAction(**GOOD).lasts_s == 60
    with pytest.raises(ValidationError):
        AlertAction(**{**GOOD, **change})
