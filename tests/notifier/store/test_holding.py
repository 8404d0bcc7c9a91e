"""Whoever acknowledges holds an alert for a time; it never ends up with nobody."""

from dataclasses import replace

import pytest

from schemas.alerts import ActionKind, AlertState
from schemas.issues import Transition
from services.notifier.policy.plan import Target
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, TIERS, after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, NURSE, PLAN, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_an_acknowledgement_ends_with_its_time_and_its_holder_and_the_next_step_are_told(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor="nurse-7")
    await desk.pass_time(after(minutes=14, seconds=59))
    assert (await desk.alert()).acked_by == "nurse-7"
    await desk.pass_time(after(minutes=15))
    alert = await desk.alert()
    assert (alert.state, alert.acked_by, alert.level) == (AlertState.OPEN, "", 2)
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}
    assert "lease-ended" in await desk.events()


async def test_the_holder_is_told_by_the_channels_that_the_policy_knows_now(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor="manager")
    ward.duty["person:manager"] = (Target("manager", "pager"),)
    ward.duty["rota:nurses"] = ward.duty["rota:doctors"] = ()
    await desk.pass_time(after(minutes=15))
    assert await desk.told() == {Target("manager", "pager")}


async def test_whoever_acknowledges_again_has_the_time_anew(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.acknowledge(actor="nurse-7")
    await desk.pass_time(after(minutes=10))
    assert (await desk.acknowledge(actor="nurse-7", command="again")).result == "done"
    await desk.pass_time(after(minutes=24))
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED
    await desk.pass_time(after(minutes=25))
    assert (await desk.alert()).state is AlertState.OPEN


async def test_another_cannot_acknowledge_what_somebody_holds(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.acknowledge(actor="nurse-7")
    assert (await desk.acknowledge(actor="nurse-8", command="late")).result == "illegal"
    assert (await desk.alert()).acked_by == "nurse-7"


@pytest.mark.parametrize("action", [ActionKind.DECLINE, ActionKind.UNACKNOWLEDGE])
async def test_what_is_declined_or_given_back_goes_to_the_next_step_at_once(
    desk: Desk, ward: WardPolicy, action: ActionKind
) -> None:
    await desk.hear(finding())
    await desk.tell()
    if action is ActionKind.UNACKNOWLEDGE:
        await desk.acknowledge()
    assert (await desk.act(action, note="in theatre")).result == "done"
    await desk.pass_time(after())
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}
    assert (await desk.alert()).level == 2


async def test_an_alert_that_somebody_holds_is_not_declined_for_them(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.acknowledge(actor="nurse-7")
    assert (await desk.act(ActionKind.DECLINE, actor="nurse-8")).result == "illegal"


async def test_a_hand_over_changes_nothing_until_the_other_accepts(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.acknowledge(actor="nurse-7")
    assert (await desk.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")).result == "done"
    alert = await desk.alert()
    assert (alert.acked_by, alert.offered) == ("nurse-7", "nurse-8")
    await desk.pass_time(after(minutes=10))
    assert (await desk.acknowledge(actor="nurse-8", command="mine now")).result == "done"
    alert = await desk.alert()
    assert (alert.acked_by, alert.offered) == ("nurse-8", "")
    await desk.pass_time(after(minutes=24))
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED
    assert (await desk.events())[-2:] == ["handed-over", "accepted"]


async def test_a_hand_over_that_nobody_accepts_does_not_lengthen_the_time(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.acknowledge(actor="nurse-7")
    await desk.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    await desk.pass_time(after(minutes=15))
    assert (await desk.alert()).state is AlertState.OPEN


async def test_nobody_hands_over_to_whom_they_are(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.acknowledge(actor="nurse-7")
    answer = await desk.act(ActionKind.HAND_OVER, actor="charge nurse", to="nurse-7")
    assert (answer.result, answer.detail) == ("refused", "same-person")


async def test_a_page_that_was_answered_before_it_went_out_is_told_when_the_answer_ends(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding(page_from=after(minutes=2)))
    await desk.acknowledge(actor="nurse-8")
    await desk.pass_time(after(minutes=15))
    assert await desk.told() == {NURSE}
    assert (await desk.events())[-3:] == ["lease-ended", "paged", "told"]


async def test_what_is_covered_meanwhile_is_told_again_once_it_stands_alone_and_the_time_is_over(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor="nurse-7")
    await desk.hear(finding(Transition.EASED, 2, covered_by="another"))
    await desk.pass_time(after(hours=1))
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED
    await desk.hear(finding(Transition.EASED, 3, at=after(hours=2)))
    await desk.pass_time(after(hours=2))
    assert (await desk.alert()).state is AlertState.OPEN
    assert NURSE in await desk.told()


async def test_what_happened_once_is_over_with_the_time_of_its_acknowledgement(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.the_plan = replace(PLAN, once=True)
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge()
    await desk.pass_time(after(minutes=15))
    alert = await desk.alert()
    assert (alert.state, alert.live) == (AlertState.RESOLVED, False)
    assert await desk.orders() == []
    assert await desk.pass_time(after(days=2)) == 0


async def test_what_happened_once_and_nobody_answers_is_told_on(desk: Desk, ward: WardPolicy) -> None:
    ward.the_plan = replace(PLAN, once=True)
    await desk.hear(finding())
    await desk.tell()
    await desk.pass_time(after(minutes=5))
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_of_ourselves_what_happened_ends_with_its_answer_and_what_lasts_does_not(desk: Desk) -> None:
    technical = TechnicalAlerts(desk.store, desk.reader, TIERS, DESK_POLICY)
    await technical.report("happened", "a channel took nothing")
    await technical.once("lost", "records were lost")
    await technical.raise_("lasts", "nobody judges")
    plans = {alert.text: alert.plan for alert in await desk.reader.alerts()}
    assert {text: plan is not None and plan.once for text, plan in plans.items()} == {
        "a channel took nothing": True,
        "records were lost": True,
        "nobody judges": False,
    }
