"""A policy changes while alerts are open: a sound one is taken up, one with faults is told and not used."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.alerts import AlertState
from services.notifier.alerts import Alert
from services.notifier.policy.deciding import Subject
from services.notifier.policy.files import BadPolicy
from services.notifier.policy.in_force import PolicyInForce
from services.notifier.policy.plan import Target
from services.notifier.stopping import Stop
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id, key, tag_of
from services.notifier.store.reading import UnknownAlert
from services.notifier.timers.escalation import Close, Due, decide
from services.notifier.watching.duty_summaries import DutySummaries
from services.notifier.watching.policy_watch import DUTIES, REFUSED, UNTOLD, PolicyWatch
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import TIERS
from tests.notifier.desk import Desk
from tests.notifier.policy.duty_plans import shown
from tests.notifier.policy.test_duties import COVER
from tests.notifier.policy.written import ROTAS, changed, put

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
CHANNELS = frozenset({"webhook", "smtp"})
NOON = shown("2026-05-04 12:00")
LOUD = Subject(ward="3", tier=1, check="interaction", technical=False, patient="p")


SUMMARY = "summaries:\n  - {id: noon, at: 12:00, days: every day, rotas: [nurses], tell: [boss, n-1]}\n"


class Office:
    """A directory of a policy, and the watch over it."""

    def __init__(self, desk: Desk, directory: Path) -> None:
        self.desk = desk
        self.directory = put(directory, {})
        self.policy = PolicyInForce(directory, CHANNELS)
        technical = TechnicalAlerts(desk.store, desk.reader, TIERS, self.policy)
        self.watch = PolicyWatch(self.policy, technical, present=lambda: NOON)
        self.summaries = DutySummaries(self.policy, technical, lambda: NOON)

    async def saves(self, files: dict[str, str]) -> None:
        """Somebody saves files, and the watch looks until it has seen that they stay so."""
        put(self.directory, files)
        await self.watch.look()
        await self.watch.look()

    async def alert(self, name: str) -> Alert | None:
        try:
            return await self.desk.reader.exactly(alert_id(SYSTEM_PATIENT, f"technical-{name}"))
        except UnknownAlert:
            return None


@pytest.fixture
def office(desk: Desk, tmp_path: Path) -> Office:
    return Office(desk, tmp_path)


async def test_a_sound_change_is_taken_up_and_an_open_alert_keeps_its_steps(office: Office) -> None:
    before = office.policy.plan(LOUD, NOON)
    await office.saves(changed("together: [n-1]}", "together: [n-2]}"))
    await office.saves(
        changed("{unanswered: 5 min, tell: [role:nurse, ", "{unanswered: 7 min, tell: [role:nurse, ")
    )
    assert office.policy.plan(LOUD, NOON).steps[1].after_s == 420
    assert before.steps[1].after_s == 300
    assert await office.alert(REFUSED) is None


async def test_who_is_on_duty_is_looked_up_in_the_rota_that_is_in_force(office: Office) -> None:
    (step, *_) = office.policy.plan(LOUD, NOON).steps
    assert office.policy.resolve(step.to, NOON)[0] == Target("n-1", "webhook")
    await office.saves(changed("together: [n-1]}", "together: [n-2]}"))
    assert office.policy.resolve(step.to, NOON)[0] == Target("n-2", "webhook")


async def test_a_policy_with_faults_is_told_with_its_line_and_the_one_before_stays(office: Office) -> None:
    version = office.policy.version
    await office.saves(changed("[n-2]}", "[n-9]}"))
    alert = await office.alert(REFUSED)
    assert alert is not None
    assert alert.state is AlertState.OPEN
    assert "rotas.yaml:9: unknown person 'n-9'" in alert.text
    assert office.policy.version == version
    assert office.policy.resolve(("rota:nurses",), NOON)[0] == Target("n-1", "webhook")


async def test_mending_the_files_ends_the_alert(office: Office) -> None:
    await office.saves(changed("[n-2]}", "[n-9]}"))
    await office.saves({})
    alert = await office.alert(REFUSED)
    assert alert is not None
    assert alert.state is AlertState.RESOLVED


async def test_the_same_faults_are_told_once(office: Office) -> None:
    await office.saves(changed("[n-2]}", "[n-9]}"))
    await office.watch.look(at_once=True)
    alert = await office.alert(REFUSED)
    assert alert is not None
    assert (alert.episode, alert.revision) == (1, 1)


async def test_files_that_are_being_saved_are_left_alone_until_they_stay_the_same(office: Office) -> None:
    put(office.directory, {"rotas.yaml": ROTAS[:100]})
    await office.watch.look()
    await office.saves(changed("together: [n-1]}", "together: [n-2]}"))
    assert await office.alert(REFUSED) is None
    assert office.policy.resolve(("rota:nurses",), NOON)[0] == Target("n-2", "webhook")


async def test_whoever_asks_is_not_kept_waiting(office: Office) -> None:
    stop = Stop()
    running = asyncio.create_task(office.watch.run(stop))
    put(office.directory, changed("[n-2]}", "[n-9]}"))
    office.watch.ask()
    async with asyncio.timeout(60):
        await office.desk.store.connection.streams.xread({key(tag_of(SYSTEM_PATIENT), "evt"): "0"}, block=0)
    stop.set()
    await running
    assert await office.alert(REFUSED) is not None


async def test_a_rota_that_runs_out_is_told_before_it_does(office: Office) -> None:
    short = ROTAS.replace("together: [n-2]", "together: [n-2], ending: 2026-05-04")
    await office.saves({"rotas.yaml": short})
    alert = await office.alert(UNTOLD)
    assert alert is not None
    assert "from 2026-05-05 18:00 to 2026-05-06 06:00" in alert.text
    await office.saves({})
    alert = await office.alert(UNTOLD)
    assert alert is not None
    assert alert.state is AlertState.RESOLVED


async def test_whose_duties_change_is_told_once_by_their_channel_for_notices(office: Office) -> None:
    covered = {"rotas.yaml": ROTAS.replace("  - id: doctors\n", COVER)}
    await office.saves(covered)
    alert = await office.alert("duties-n-1")
    assert alert is not None
    assert (alert.check, alert.tier) == (DUTIES, 3)
    assert "no more on duty 2026-05-06 06:00 to 2026-05-06 18:00 (nurses)" in alert.text
    told = [str(order.target) for order in await office.desk.tell(patient=SYSTEM_PATIENT)]
    assert sorted(told) == ["n-1/smtp", "n-2/webhook"]
    await office.watch.look(at_once=True)
    assert await office.desk.orders(SYSTEM_PATIENT) == []
    await office.saves({})
    assert {str(order.target) for order in await office.desk.orders(SYSTEM_PATIENT)} == set(told)


async def test_a_notice_is_told_once_and_closes_by_itself(office: Office) -> None:
    await office.saves({"rotas.yaml": ROTAS.replace("  - id: doctors\n", COVER)})
    alert = await office.alert("duties-n-1")
    assert alert is not None
    (due,) = await office.desk.reader.due([alert])
    assert due is not None
    assert alert.plan is not None
    over = Due(
        alert.id, 1, 1, "notified", 0, 1, False, alert.plan, "", (),
        Subject("", 3, DUTIES, technical=True, patient=SYSTEM_PATIENT), due, due - timedelta(hours=1),
    )  # fmt: skip
    assert decide(over, office.policy) == Close(alert.plan)


async def test_a_first_policy_with_faults_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match="unknown person 'n-9'"):
        PolicyInForce(put(tmp_path, changed("[n-2]}", "[n-9]}")), CHANNELS)


async def test_the_desk_that_was_told_before_there_was_a_policy_has_the_channels_own_address(
    office: Office,
) -> None:
    assert office.policy.address("desk", "webhook") == ""
    assert office.policy.address("n-1", "smtp") == "n1@hospital.example"
    assert office.policy.address("gone", "smtp") is None
    assert office.policy.channels("n-1") == ("webhook", "smtp")


async def test_who_is_on_duty_and_who_comes_next_is_told_once_to_each_by_their_channel_for_notices(
    office: Office,
) -> None:
    await office.saves({"rotas.yaml": ROTAS + SUMMARY})
    await office.summaries.look()
    await office.summaries.look()
    alert = await office.alert("on-duty-noon-boss")
    assert alert is not None
    assert (alert.check, alert.tier) == ("on-duty", 3)
    assert alert.text.endswith("nurses: n-1, from 18:00 n-2, from 06:00 n-1")
    told = {str(order.target) for order in await office.desk.orders(SYSTEM_PATIENT)}
    assert told == {"boss/smtp", "n-1/smtp"}
