"""A patient is moved while an alert is open: once a record says so, the people of the new ward are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from schemas.alerts import ActionKind, AlertState
from schemas.issues import DetectedIssue, Transition
from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.plan import Plan, Step, Target
from services.notifier.record.rebuilding import rebuild
from tests.notifier.builders import after, finding
from tests.notifier.desk import Desk
from tests.notifier.record.test_rebuilding import lose
from tests.notifier.relaying import Relaying

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


@dataclass
class TwoWards:
    """Neurology has three steps, surgery has two; each step is one person of the ward."""

    low_tiers: None = None
    everybody: bool = False

    def plan(self, subject: Subject, now: datetime) -> Plan:
        name = "surgery" if subject.ward == "Surgery 1" else "neurology"
        last = 2 if name == "surgery" else 3
        persons = [[f"person:{name}-{n}", *[f"person:{name}-second"] * self.everybody] for n in range(last)]
        steps = tuple(Step(300 * bool(n), tuple(to), self.everybody) for n, to in enumerate(persons))
        return Plan(name, steps, 1, (f"person:{name}-chief",), 900)

    def resolve(self, refs: Sequence[str], now: datetime) -> tuple[Target, ...]:
        return tuple(Target(ref.removeprefix("person:"), "pager") for ref in refs if "doctor" not in ref)

    def hold(self, subject: Subject, now: datetime) -> Hold | None:
        return None


@pytest.fixture
def wards(desk: Desk) -> Desk:
    desk.policy = TwoWards()
    return desk


def moved(**changes: Any) -> DetectedIssue:
    return finding(Transition.EASED, 2, ward="Surgery 1", at=after(minutes=1), **changes)


async def told(desk: Desk) -> list[str]:
    return [order.target.person for order in await desk.tell()]


async def test_the_next_step_is_of_the_new_ward(wards: Desk) -> None:
    await wards.hear(finding())
    assert await told(wards) == ["neurology-0"]
    await wards.hear(moved())
    assert await told(wards) == []
    await wards.pass_time(after(minutes=5))
    assert await told(wards) == ["surgery-1"]


async def test_of_a_shorter_ladder_at_least_the_last_step_is_told(wards: Desk) -> None:
    await wards.hear(finding())
    await wards.tell()
    for minutes in (5, 10):
        await wards.pass_time(after(minutes=minutes))
        await wards.tell()
    await wards.hear(finding(Transition.EASED, 2, ward="Surgery 1", at=after(minutes=11)))
    await wards.pass_time(after(minutes=15))
    assert await told(wards) == ["surgery-1"]


async def test_what_somebody_holds_goes_to_the_new_ward_when_they_give_it_back(wards: Desk) -> None:
    await wards.hear(finding())
    await wards.tell()
    await wards.acknowledge(actor="doctor-2")
    await wards.hear(moved())
    await wards.act(ActionKind.UNACKNOWLEDGE, 2, actor="doctor-2")
    await wards.pass_time(after(minutes=2))
    assert await told(wards) == ["surgery-1"]


async def test_a_patient_of_whom_no_ward_is_known_stays_with_those_who_were_told(wards: Desk) -> None:
    await wards.hear(finding())
    await wards.tell()
    await wards.hear(finding(Transition.EASED, 2, ward="", at=after(minutes=1)))
    await wards.pass_time(after(minutes=5))
    assert await told(wards) == ["neurology-1"]


def only_moved(minutes: float = 1, ward: str = "Surgery 1", **changes: Any) -> DetectedIssue:
    """Nothing is new about the finding but the ward."""
    return finding(Transition.REPUBLISHED, ward=ward, at=after(minutes=minutes), page_from=after(), **changes)


async def test_a_move_by_itself_pages_nobody_and_the_next_step_is_of_the_new_ward(wards: Desk) -> None:
    await wards.hear(finding())
    assert await told(wards) == ["neurology-0"]
    assert await wards.hear(only_moved()) == "transferred"
    assert await told(wards) == []
    alert = await wards.alert()
    assert (alert.state, alert.ward, alert.revision) == (AlertState.NOTIFIED, "Surgery 1", 1)
    await wards.pass_time(after(minutes=5))
    assert await told(wards) == ["surgery-1"]


async def test_who_holds_it_goes_on_holding_it_and_may_answer_what_they_saw(wards: Desk) -> None:
    await wards.hear(finding())
    await wards.tell()
    await wards.acknowledge(actor="doctor-2")
    await wards.hear(only_moved())
    assert (await wards.alert()).acked_by == "doctor-2"
    assert (await wards.act(ActionKind.UNACKNOWLEDGE, 1, actor="doctor-2")).result == "done"
    await wards.pass_time(after(minutes=2))
    assert await told(wards) == ["surgery-1"]


async def test_a_page_that_still_settles_when_the_patient_is_moved_goes_to_the_new_ward(wards: Desk) -> None:
    await wards.hear(finding(page_from=after(minutes=15)))
    await wards.hear(only_moved().model_copy(update={"page_from": after(minutes=15)}))
    await wards.pass_time(after(minutes=14))
    assert await told(wards) == []
    await wards.pass_time(after(minutes=15))
    assert await told(wards) == ["surgery-0"]


async def test_a_page_that_nobody_got_yet_goes_to_the_new_ward_at_once_and_to_the_old_one_no_more(
    wards: Desk,
) -> None:
    """It waits at a sender, for others that it may go with for example."""
    await wards.hear(finding())
    assert await wards.hear(only_moved()) == "transferred"
    assert await told(wards) == ["surgery-0"]
    assert (await wards.alert()).state is AlertState.NOTIFIED
    await wards.pass_time(after(minutes=6))
    assert await told(wards) == ["surgery-1"]


async def test_of_a_page_that_one_got_the_others_of_the_old_ward_are_told_no_more(wards: Desk) -> None:
    wards.policy = TwoWards(everybody=True)
    await wards.hear(finding())
    first, second = await wards.orders()
    assert await wards.lease(first) is not None
    await wards.receipt(first, "delivered")
    await wards.hear(only_moved())
    assert await wards.lease(second) is None
    await wards.pass_time(after(minutes=5))
    assert await told(wards) == ["surgery-1", "surgery-second"]


async def test_nobody_waits_for_an_answer_of_those_of_the_old_ward(wards: Desk) -> None:
    wards.policy = TwoWards(everybody=True)
    await wards.hear(finding())
    assert await told(wards) == ["neurology-0", "neurology-second"]
    await wards.hear(only_moved())
    await wards.pass_time(after(minutes=5))
    assert await told(wards) == ["surgery-1", "surgery-second"]
    await wards.acknowledge(actor="surgery-1")
    assert (await wards.alert()).state is AlertState.NOTIFIED
    await wards.acknowledge(actor="surgery-second", command="second")
    assert (await wards.alert()).state is AlertState.ACKNOWLEDGED


@pytest.mark.parametrize("by", ["snapshots", "history"])
async def test_a_move_before_the_loss_leaves_the_new_ward_to_answer(
    wards: Desk, relaying: Relaying, by: str
) -> None:
    wards.policy = TwoWards(everybody=True)
    await wards.hear(finding())
    await wards.tell()
    await wards.hear(only_moved())
    await wards.pass_time(after(minutes=5))
    before = {order.delivery for order in await wards.tell()}
    await wards.acknowledge(actor="surgery-1")
    await (relaying.relay() if by == "snapshots" else relaying.dies_before_snapshots())
    await lose(wards)
    await rebuild(relaying.kafka, wards.store, None)
    await wards.hear(only_moved())
    assert (await wards.alert()).state is AlertState.NOTIFIED
    await wards.pass_time(after(minutes=10))
    again = {order.delivery: order.target.person for order in await wards.tell()}
    assert set(again.values()) == {"surgery-second"}
    assert not before & again.keys()


async def test_a_patient_whose_ward_becomes_known_is_told_to_its_people(wards: Desk) -> None:
    await wards.hear(finding(ward=""))
    await wards.tell()
    await wards.hear(only_moved())
    await wards.pass_time(after(minutes=5))
    assert await told(wards) == ["surgery-1"]


async def test_a_move_is_told_once_and_an_older_one_that_comes_again_moves_nobody_back(wards: Desk) -> None:
    await wards.hear(finding())
    await wards.hear(only_moved())
    assert await wards.hear(only_moved()) == "repeated"
    await wards.hear(only_moved(2, "Neurology 2"))
    assert await wards.hear(only_moved()) == "repeated"
    assert await wards.hear(finding()) == "repeated"
    assert (await wards.alert()).ward == "Neurology 2"
    assert await wards.hear(only_moved(3, "")) == "repeated"


async def test_what_is_over_is_moved_nowhere(wards: Desk) -> None:
    await wards.hear(finding())
    await wards.hear(finding(Transition.RESOLVED, 2))
    assert (
        await wards.hear(finding(Transition.REPUBLISHED, 2, ward="Surgery 1", at=after(minutes=5)))
        == "repeated"
    )


async def test_a_store_that_was_emptied_knows_the_new_ward_and_tells_nobody_of_the_old_one(
    wards: Desk, relaying: Relaying
) -> None:
    await wards.hear(finding())
    await wards.hear(only_moved())
    await relaying.relay()
    await lose(wards)
    await rebuild(relaying.kafka, wards.store, None)
    assert (await wards.alert()).ward == "Surgery 1"
    assert await wards.hear(finding()) == "older"
    assert await wards.hear(only_moved()) == "filled"
    assert await told(wards) == ["surgery-0"]
