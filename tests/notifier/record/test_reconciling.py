"""What the store lost unnoticed comes back within a look, and what the topics do not know is written."""

import pytest
import pytest_asyncio

from schemas.alerts import AlertState
from schemas.issues import Transition
from services.notifier.findings.partitions import Partitions
from services.notifier.metrics.counters import Counters
from services.notifier.record.reconciling import Comparison, Drift, Reconciler
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id, key, tag_of
from services.notifier.store.reading import DamagedAlert, UnknownAlert
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, ISSUE, PATIENT, TIERS, finding
from tests.notifier.desk import Desk
from tests.notifier.relaying import Relaying

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
ALERT, ANOTHER = alert_id(PATIENT, ISSUE), alert_id(PATIENT, "another")


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


async def forget(desk: Desk, alert: str = ALERT) -> None:
    """The store loses one alert."""
    tag = tag_of(PATIENT)
    await desk.store.connection.client.delete(key(tag, "i", alert), key(tag, "a", alert, "1"))
    await desk.store.connection.client.zrem(key(tag, "live"), f"{alert}|1")


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


@pytest.mark.parametrize("count", ["seq", "ep"])
async def test_an_alert_whose_counts_make_no_sense_is_told_of_and_the_others_are_put_back(
    desk: Desk, relaying: Relaying, reconciler: Reconciler, count: str
) -> None:
    for issue_id in (ISSUE, "another"):
        await desk.hear(finding(issue_id=issue_id))
    await relaying.relay()
    await desk.store.connection.client.hset(key(tag_of(PATIENT), "i", ALERT), count, "nonsense")
    await forget(desk, ANOTHER)
    assert await reconciler.reconcile() == Drift(lost=(ANOTHER,), damaged=(ALERT,))
    told = await desk.reader.exactly(alert_id(SYSTEM_PATIENT, "technical-unreadable-alert"))
    assert ALERT in told.text
    with pytest.raises(DamagedAlert, match="makes no sense"):
        await desk.alert()


async def test_an_alert_that_no_topic_knows_and_whose_counts_make_no_sense_is_told_of(
    desk: Desk, relaying: Relaying, reconciler: Reconciler
) -> None:
    await relaying.relay()
    await desk.hear(finding())
    await desk.store.connection.client.hset(key(tag_of(PATIENT), "i", ALERT), "seq", "nonsense")
    assert await reconciler.reconcile() == Drift(damaged=(ALERT,))


async def test_an_alert_about_ourselves_that_is_damaged_itself_does_not_end_the_comparison(
    desk: Desk, relaying: Relaying, reconciler: Reconciler, caplog: pytest.LogCaptureFixture
) -> None:
    await relaying.relay()
    own = alert_id(SYSTEM_PATIENT, "technical-unreadable-alert")
    await desk.hear(finding())
    client = desk.store.connection.client
    await client.hset(key(tag_of(PATIENT), "i", ALERT), "seq", "nonsense")
    await client.hset(key(tag_of(SYSTEM_PATIENT), "i", own), "ep", "nonsense")
    assert (await reconciler.reconcile()).damaged == (ALERT,)
    assert "a technical alert could not be told" in caplog.text
    assert ALERT in caplog.text


async def test_a_damaged_alert_whose_counts_are_deleted_is_put_back(
    desk: Desk, relaying: Relaying, reconciler: Reconciler
) -> None:
    await desk.hear(finding())
    await desk.acknowledge()
    await relaying.relay()
    await desk.store.connection.client.hset(key(tag_of(PATIENT), "i", ALERT), "seq", "nonsense")
    assert (await reconciler.reconcile()).damaged == (ALERT,)
    await desk.store.connection.client.delete(key(tag_of(PATIENT), "i", ALERT))
    assert await reconciler.reconcile() == Drift(lost=(ALERT,))
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED
