"""Records that were gone before they were judged: somebody is called, once for each loss."""

from io import StringIO

import pytest

from schemas.alerts import AlertState
from schemas.issues import RecordsLost
from services.notifier.alerts import Alert
from services.notifier.findings.pipeline import loss_in_words
from services.notifier.settings import Settings
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.broker import Engine
from tests.notifier.builders import DESK_POLICY, TIERS, after, finding
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty, until
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


def loss(**changes: object) -> RecordsLost:
    stated = {"topic": "patient-events", "partition": 2, "first": 100, "last": 199, "why": "removed"}
    return RecordsLost(**(stated | {"at": after()} | changes))  # type: ignore[arg-type]


def alert_of(told: RecordsLost) -> str:
    return alert_id(SYSTEM_PATIENT, f"technical-{told.id}")


async def alerts(desk: Desk) -> list[Alert]:
    return [alert for alert in await desk.reader.alerts(closed=True) if alert.check == "technical"]


async def tell(desk: Desk, *losses: RecordsLost) -> None:
    technical = TechnicalAlerts(desk.store, desk.reader, TIERS, DESK_POLICY)
    for told in losses:
        await technical.once(told.id, loss_in_words(told))


@pytest.mark.embedded
async def test_a_loss_calls_somebody_and_the_same_one_told_twice_calls_nobody_again(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        await engine.says(loss(), loss(at=after(minutes=1)), loss(partition=3), finding())
        await until(desk, lambda alert: bool(alert.told))
        pages = [received.content["check"] for received in await pager.until(3)]
    assert sorted(pages) == ["cumulative-dose", "technical", "technical"]
    alert = await desk.reader.exactly(alert_of(loss()))
    assert (alert.tier, alert.revision) == (2, 1)
    assert "100 records of patient-events, partition 2, offsets 100 to 199" in alert.text
    assert "again from their sources" in alert.text


async def test_a_loss_that_was_answered_stays_answered_when_it_is_told_again(desk: Desk) -> None:
    await tell(desk, loss())
    assert (await desk.acknowledge(actor="engineer", alert=alert_of(loss()))).result == "done"
    orders = len(await desk.orders(SYSTEM_PATIENT))
    await tell(desk, loss())
    (alert,) = await alerts(desk)
    assert (alert.state, alert.episode, alert.revision) == (AlertState.ACKNOWLEDGED, 1, 1)
    assert len(await desk.orders(SYSTEM_PATIENT)) == orders


async def test_a_loss_told_again_after_a_crash_from_an_earlier_offset_is_the_same_loss(desk: Desk) -> None:
    await tell(desk, loss(), loss(first=95))
    assert len(await alerts(desk)) == 1
    assert len(await desk.orders(SYSTEM_PATIENT)) == 2


async def test_the_next_loss_is_another_alert_though_the_first_was_answered(desk: Desk) -> None:
    await tell(desk, loss())
    await desk.acknowledge(actor="engineer", alert=alert_of(loss()))
    await tell(desk, loss(first=200, last=200))
    assert len(await alerts(desk)) == 2
    assert (await desk.reader.exactly(alert_of(loss(last=200)))).state is AlertState.OPEN
