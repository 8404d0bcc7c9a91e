"""A step that asks everybody: one acknowledgement does not answer for the others who were told."""

from dataclasses import replace

import pytest

from schemas.alerts import ActionKind, AlertState
from schemas.issues import Transition
from services.notifier.policy.plan import Step
from tests.notifier.builders import after, finding
from tests.notifier.desk import ALERT, Desk
from tests.notifier.test_alerts_command import command
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, MANAGER, NURSE, PLAN, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
BOTH = ("rota:nurses", "rota:doctors")


@pytest.fixture
def both(ward: WardPolicy) -> WardPolicy:
    """Nurse and doctor are told at once, and both must acknowledge; so must the doctor told after them."""
    steps = (Step(0, BOTH, everybody=True), Step(300, ("rota:doctors",), everybody=True))
    ward.the_plan = replace(PLAN, steps=steps)
    return ward


async def test_who_acknowledged_is_told_no_more_and_the_other_is(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.acknowledge(actor=NURSE.person)
    assert await desk.told() == {DOCTOR, DOCTOR_PHONE}
    alert = await desk.alert()
    assert (alert.state, alert.acks, alert.unanswered_by) == (
        AlertState.NOTIFIED,
        (NURSE.person,),
        (DOCTOR.person,),
    )


async def test_the_next_step_comes_while_one_of_them_has_not_answered(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await desk.pass_time(after(minutes=5))
    assert await desk.told() == {DOCTOR, DOCTOR_PHONE}


async def test_once_each_has_acknowledged_it_is_held_by_the_last(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await desk.acknowledge(actor=DOCTOR.person, command="second")
    alert = await desk.alert()
    assert (alert.state, alert.holder, alert.unanswered_by) == (AlertState.ACKNOWLEDGED, DOCTOR.person, ())
    assert await desk.pass_time(after(minutes=14)) == 0


async def test_the_same_one_twice_does_not_answer_for_the_other(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await desk.acknowledge(actor=NURSE.person, command="second")
    assert (await desk.alert()).state is AlertState.NOTIFIED


async def test_somebody_who_was_not_told_answers_for_nobody(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor="pharmacist-3")
    assert set((await desk.alert()).unanswered_by) == {NURSE.person, DOCTOR.person}


async def test_a_worse_dose_asks_each_of_them_again(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await desk.hear(finding(Transition.WORSENED, 2))
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_after_the_time_of_the_acknowledgement_each_is_asked_again(
    desk: Desk, both: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await desk.acknowledge(actor=DOCTOR.person, command="second")
    await desk.pass_time(after(minutes=15))
    await desk.tell()
    await desk.acknowledge(actor=DOCTOR.person, command="third")
    assert (await desk.alert()).unanswered_by == (NURSE.person,)


async def test_an_override_needs_nobody_else(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await desk.override()
    alert = await desk.alert()
    assert (alert.state, alert.unanswered_by) == (AlertState.OVERRIDDEN, ())


async def test_of_the_fallback_one_is_enough(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    for minutes in (5, 10, 15):
        await desk.tell()
        await desk.pass_time(after(minutes=minutes))
    assert await desk.told() == {MANAGER}
    await desk.acknowledge(actor=MANAGER.person)
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED


async def test_what_was_declined_goes_on_and_who_acknowledged_before_is_not_told_again(
    desk: Desk, both: WardPolicy
) -> None:
    both.the_plan = replace(PLAN, steps=(Step(0, BOTH, everybody=True), Step(300, BOTH, everybody=True)))
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await desk.act(ActionKind.DECLINE, actor=DOCTOR.person)
    await desk.pass_time(after(seconds=1))
    assert await desk.told() == {DOCTOR, DOCTOR_PHONE}


async def test_the_command_says_for_whom_it_goes_on(desk: Desk, both: WardPolicy, store_url: str) -> None:
    await desk.hear(finding())
    await desk.tell()
    said = await command(store_url, "ack", ALERT, "--actor", NURSE.person)
    assert said.exit_code == 0
    assert said.stdout.strip().endswith(f"each must: it goes on for {DOCTOR.person}")
    shown = (await command(store_url, "show", ALERT)).stdout
    assert f"notified (by {NURSE.person}; waits for {DOCTOR.person})" in shown


async def test_the_fallback_is_told_though_it_acknowledged_its_part_before(
    desk: Desk, both: WardPolicy
) -> None:
    both.the_plan = replace(both.the_plan, fallback=("rota:nurses",))
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    told = []
    for minutes in range(5, 120, 5):
        await desk.pass_time(after(minutes=minutes))
        told.append(await desk.told())
    assert {NURSE} in told


async def test_who_declines_takes_their_own_acknowledgement_back(desk: Desk, both: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await desk.act(ActionKind.DECLINE, actor=NURSE.person)
    assert (await desk.alert()).acks == ()
