"""What the store lost unnoticed comes back within a look, and what the topics do not know is written."""

import pytest
import pytest_asyncio

from schemas.alerts import AlertState
from schemas.issues import Transition
from services.notifier.findings.partitions import Partitions
from services.notifier.metrics.counters import Counters
from services.notifier.record.reconciling import Comparison, Drift, Reconciler
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id, key, tag_of
from services.notifier.store.reading import UnknownAlert
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, ISSUE, PATIENT, TIERS, finding
from tests.notifier.desk import Desk
from tests.notifier.relaying import Relaying

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
ALERT = alert_id(PATIENT, ISSUE)


@pytest_asyncio.fixture
async def reconciler(desk: Desk, relaying: Relaying) -> Reconciler:
    """Of a process that owns all four partitions."""
    partitions = Partitions()
    partitions.own(range(4), 4)
    connection = desk.store.connection
    return Reconciler(
        Comparison(connection, relaying.kafka, partitions),
        connection,
        relaying.producer,
        TechnicalAlerts(desk.store, desk.reader, TIERS, DESK_POLICY),
        Counters(),
    )


async def forget(desk: Desk) -> None:
    """The store loses one alert."""
    tag = tag_of(PATIENT)
    await desk.store.connection.client.delete(key(tag, "i", ALERT), key(tag, "a", ALERT, "1"))
    await desk.store.connection.client.zrem(key(tag, "live"), f"{ALERT}|1")


async def test_a_store_that_is_as_the_topics_say_has_no_drift(
    desk: Desk, relaying: Relaying, reconciler: Reconciler
) -> None:
    await desk.hear(finding())
    await relaying.relay()
    assert await reconciler.reconcile() == Drift()
    assert await reconciler.reconcile() == Drift()


async def test_an_alert_that_the_store_lost_is_put_back_and_told_of(
    desk: Desk, relaying: Relaying, reconciler: Reconciler
) -> None:
    await desk.hear(finding())
    await desk.acknowledge()
    await relaying.relay()
    await forget(desk)
    with pytest.raises(UnknownAlert):
        await desk.alert()
    assert (await reconciler.reconcile()).lost == (ALERT,)
    assert (await desk.alert()).acked_by == "nurse on call"
    told = await desk.reader.exactly(alert_id(SYSTEM_PATIENT, "technical-store-drift"))
    assert "had lost alerts" in told.text
    await relaying.relay()
    assert (await reconciler.reconcile()).lost == ()


async def test_an_acknowledgement_that_the_store_lost_is_put_back(
    desk: Desk, relaying: Relaying, reconciler: Reconciler
) -> None:
    await desk.hear(finding())
    await desk.tell()
    before = await desk.store.connection.client.hgetall(key(tag_of(PATIENT), "a", ALERT, "1"))
    sequence = await desk.store.connection.client.hget(key(tag_of(PATIENT), "i", ALERT), "seq")
    await desk.acknowledge()
    await relaying.relay()
    await desk.store.connection.client.hset(key(tag_of(PATIENT), "a", ALERT, "1"), mapping=before)
    await desk.store.connection.client.hset(key(tag_of(PATIENT), "i", ALERT), "seq", sequence)
    assert (await desk.alert()).state is AlertState.NOTIFIED
    assert (await reconciler.reconcile()).lost == (ALERT,)
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED


async def test_what_is_only_on_its_way_to_the_topics_is_no_drift(
    desk: Desk, relaying: Relaying, reconciler: Reconciler
) -> None:
    await desk.hear(finding())
    await relaying.relay()
    await desk.acknowledge()
    assert await reconciler.reconcile() == Drift()
    await relaying.relay()
    assert await reconciler.reconcile() == Drift()


async def test_an_alert_without_its_snapshot_at_two_looks_gets_one(
    desk: Desk, relaying: Relaying, reconciler: Reconciler
) -> None:
    await desk.hear(finding())
    await relaying.relay()
    await desk.acknowledge()
    await relaying.dies_before_snapshots()
    assert (await reconciler.reconcile()).unrecorded == ()
    assert (await reconciler.reconcile()).unrecorded == (ALERT,)
    assert await reconciler.reconcile() == Drift()


async def test_an_alert_that_is_over_is_not_missed(
    desk: Desk, relaying: Relaying, reconciler: Reconciler
) -> None:
    await desk.hear(finding())
    await relaying.relay()
    await reconciler.reconcile()
    await desk.hear(finding(Transition.RESOLVED, 2))
    await relaying.relay()
    await forget(desk)
    assert await reconciler.reconcile() == Drift()
