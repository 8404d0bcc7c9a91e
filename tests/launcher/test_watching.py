"""What becomes of alerts is seen in the store, each step once, and answered where that is expected."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from schemas.alerts import AlertState
from schemas.base import Severity
from schemas.issues import Transition
from services.launcher.alert_words import Step
from services.launcher.answering import Answering
from services.launcher.ward_day.expected import Expected
from services.launcher.watching import AlertWatch
from services.notifier.policy.default import DeskPolicy
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.reading import AlertReader
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk

pytestmark = pytest.mark.redis


@pytest_asyncio.fixture
async def desk(store_url: str) -> AsyncIterator[Desk]:
    connection = Connection(store_url, patience_s=10)
    store = AlertStore(connection)
    yield Desk(store, AlertReader(connection), await store.begin(), DeskPolicy(("webhook",)))
    await connection.close()


async def _steps(watch: AlertWatch) -> list[Step]:
    return [happening.step for happening in await watch.look()]


async def test_each_step_is_seen_once_and_in_order(desk: Desk) -> None:
    watch = AlertWatch(desk.reader, {PATIENT: "bed-1"})
    await desk.hear(finding())
    await desk.tell()
    assert await _steps(watch) == [Step.RAISED, Step.DELIVERED]
    assert await _steps(watch) == []
    await desk.acknowledge()
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    await desk.tell()
    assert await _steps(watch) == [Step.ACKNOWLEDGED, Step.WITHDRAWN, Step.RETRACTED]
    (seen,) = watch.seen()
    assert (seen.bed, seen.check, seen.drugs) == ("bed-1", "cumulative-dose", frozenset({"baclofen"}))
    assert seen.steps == (
        Step.RAISED,
        Step.DELIVERED,
        Step.ACKNOWLEDGED,
        Step.WITHDRAWN,
        Step.RETRACTED,
    )


async def test_a_retraction_is_seen_though_somebody_looked_between_the_withdrawal_and_it(desk: Desk) -> None:
    watch = AlertWatch(desk.reader, {PATIENT: "bed-1"})
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert await _steps(watch) == [Step.RAISED, Step.DELIVERED, Step.WITHDRAWN]
    await desk.tell()
    assert await _steps(watch) == [Step.RETRACTED]
    assert await _steps(watch) == []


async def test_a_second_episode_goes_on_with_the_same_alert(desk: Desk) -> None:
    watch = AlertWatch(desk.reader, {PATIENT: "bed-1"})
    await desk.hear(finding())
    await desk.hear(finding(Transition.RESOLVED, 2))
    await desk.hear(finding(episode=2, severity=Severity.CONTRAINDICATED))
    assert await _steps(watch) == [Step.RAISED, Step.RESOLVED, Step.RAISED]
    (seen,) = watch.seen()
    assert seen.severity == "contraindicated"


async def test_a_delivery_is_answered_only_where_that_is_expected(desk: Desk) -> None:
    watch = AlertWatch(desk.reader, {PATIENT: "bed-1"})
    expected = Expected.model_validate(
        {
            "bed": "bed-1",
            "check": "cumulative-dose",
            "severity": "major",
            "becomes": ["raised", "delivered", "acknowledged"],
        }
    )
    await desk.hear(finding())
    await desk.tell()
    delivered = (await watch.look())[-1]
    assert not await Answering(desk.store, []).answer(delivered, watch.seen()[0])
    assert await Answering(desk.store, [expected]).answer(delivered, watch.seen()[0])
    alert = await desk.alert()
    assert (alert.state, alert.acked_by) == (AlertState.ACKNOWLEDGED, "demo")
