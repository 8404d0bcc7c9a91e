"""The store is emptied, restarted, filled: it is noticed, waited out, cleared away."""

import pytest
import redis

from schemas.alerts import AlertState
from schemas.issues import Transition
from services.launcher.servers.child import free_port
from services.launcher.servers.local_store import LocalStore
from services.notifier.store.alert_store import AlertStore, StoreEmptied
from services.notifier.store.connection import Connection, StoreUnavailable
from services.notifier.store.identifiers import key, tag_of
from services.notifier.store.reading import AlertReader, UnknownAlert
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_a_function_flush_between_two_records_is_healed(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.store.connection.client.function_flush()
    assert await desk.hear(finding(Transition.WORSENED, 2)) == "worsened"


async def test_a_store_that_was_emptied_takes_no_record_of_the_old_reading(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.store.connection.client.flushall()
    with pytest.raises(StoreEmptied):
        await desk.hear(finding(Transition.WORSENED, 2))
    await desk.store.begin()
    with pytest.raises(StoreEmptied):
        await desk.hear(finding(Transition.WORSENED, 2))
    assert await desk.store.offsets("detected-issues") == {}


async def test_what_was_answered_survives_a_kill_of_the_store(own_store: LocalStore) -> None:
    connection = Connection(own_store.url, patience_s=20)
    store = AlertStore(connection)
    desk = Desk(store, AlertReader(connection), await store.begin())
    await desk.hear(finding())
    await desk.acknowledge()
    own_store.kill()
    own_store.start()
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED
    assert await desk.hear(finding(), offset=0) == "replayed"
    await connection.close()


async def test_a_caller_with_little_patience_is_told_that_the_store_is_away() -> None:
    connection = Connection(f"redis://127.0.0.1:{free_port()}/0", patience_s=0.2)
    with pytest.raises(StoreUnavailable):
        await connection.fields("anything")
    await connection.close()


async def test_a_full_store_is_waited_out_and_loses_nothing(desk: Desk) -> None:
    client = desk.store.connection.client
    await client.config_set("maxmemory", "1")
    impatient = Connection(_url_of(desk), patience_s=0.2)
    with pytest.raises(StoreUnavailable):
        await AlertStore(impatient).begin()
    await client.config_set("maxmemory", "0")
    assert await desk.hear(finding()) == "raised"
    await impatient.close()


def _url_of(desk: Desk) -> str:
    kwargs = desk.store.connection.client.connection_pool.connection_kwargs
    return f"redis://{kwargs['host']}:{kwargs['port']}/0"


async def test_a_store_without_our_keys_has_no_alert_to_find(desk: Desk) -> None:
    assert await desk.reader.alerts(closed=True) == []
    with pytest.raises(UnknownAlert):
        await desk.reader.find("00")


async def test_only_relayed_alerts_that_closed_long_ago_are_cleared_away(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.RESOLVED, 2))
    await desk.hear(finding(issue_id="still-open"))
    later = await desk.store.now_ms() + 1_000
    assert await desk.store.clear_away(later) == 0
    with redis.Redis.from_url(_url_of(desk)) as plain:
        plain.set(key(tag_of(PATIENT), "rel"), f"{later}-0")
    assert await desk.store.clear_away(later) == 1
    assert [alert.facts_known for alert in await desk.reader.alerts(closed=True)] == [True]
    assert await desk.hear(finding()) == "older"
