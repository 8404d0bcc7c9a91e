"""Every name of Faust, mode and aiokafka that is not promised to anybody, and that we touch all the same.

A new version that changes one of them fails here, in a second, before the crash suite has to find out.
"""

import inspect

import aiokafka
import faust
import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.stores import STORES
from faust.stores.base import Store
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from mode import Worker

from schemas.identity import SiteKey
from services.safety.processor.app import create_app
from services.safety.processor.settings import Settings
from services.safety.processor.store import LedgerStore
from services.stream.consumer import BatchConsumer
from services.stream.transport import BatchTransport
from tests.processor.toy import ToyCore


def test_the_version_is_the_one_that_was_studied() -> None:
    assert faust.__version__ == "0.15.3"


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (driver.Consumer, "_getmany", ["self", "active_partitions", "timeout"]),
        (driver.Consumer, "_new_consumer_thread", ["self"]),
        (driver.AIOKafkaConsumerThread, "_create_worker_consumer", ["self", "transport"]),
        (BaseConsumer, "_new_offset", ["self", "tp"]),
        (BaseConsumer, "_filter_tps_with_pending_acks", ["self", "topics"]),
        (BaseConsumer, "wait_empty", ["self"]),
        (BaseConsumer, "on_partitions_revoked", ["self", "revoked"]),
        (driver.Consumer, "seek_to_committed", ["self"]),
        (driver.Consumer, "seek_wait", ["self", "partitions"]),
        (driver.Consumer, "position", ["self", "tp"]),
        (driver.Consumer, "highwater", ["self", "tp"]),
        (driver.Consumer, "highwaters", ["self", "partitions"]),
        (driver.Consumer, "earliest_offsets", ["self", "partitions"]),
        (driver.Producer, "_settings_extra", ["self"]),
        (driver.Producer, "_ensure_producer", ["self"]),
        (Store, "on_rebalance", ["self", "assigned", "revoked", "newly_assigned", "generation_id"]),
        (Store, "on_recovery_completed", ["self", "active_tps", "standby_tps"]),
        (Store, "persisted_offset", ["self", "tp"]),
        (faust.App, "_create_directories", ["self"]),
        (faust.App, "on_started_init_extra_tasks", ["self"]),
        (faust.App, "on_first_start", ["self"]),
        (Worker, "execute_from_commandline", ["self"]),
        (aiokafka.AIOKafkaProducer, "create_batch", ["self"]),
        (aiokafka.AIOKafkaProducer, "send_batch", ["self", "batch", "topic", "partition"]),
        (BatchBuilder, "append", ["self", "timestamp", "key", "value", "headers"]),
    ],
)
def test_a_method_that_we_touch_is_as_it_was(owner: type, name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_the_attributes_that_we_touch_are_there() -> None:
    source = inspect.getsource(BaseConsumer.__init__) + inspect.getsource(BaseConsumer)
    for attribute in ("_commit_every", "_n_acked", "_active_partitions", "flow_active"):
        assert attribute in source
    assert "_fetch_max_wait_ms" in inspect.getsource(aiokafka.AIOKafkaConsumer)
    assert "self._fetch_max_wait_ms" in inspect.getsource(aiokafka.AIOKafkaConsumer.start)


def test_the_driver_seeks_only_where_something_is_committed() -> None:
    """Why `seek_to_committed` seeks the others itself."""
    assert "if offset and offset > 0:" in inspect.getsource(aiokafka.AIOKafkaConsumer.seek_to_committed)


def test_our_transport_and_store_are_found_by_their_urls() -> None:
    assert TRANSPORTS.by_url("fetch://127.0.0.1:9092") is BatchTransport
    assert STORES.by_url("ledger://") is LedgerStore


def test_an_app_is_put_together_without_a_broker() -> None:
    settings = Settings(kafka="127.0.0.1:1,127.0.0.1:2", site_key=SiteKey(b"0123456789abcdef"))
    app = create_app(settings, ToyCore())
    assert isinstance(app.consumer, BatchConsumer)
    app.consumer._thread.thread_loop.close()
    assert app.is_ledger_changelog(app.table.changelog_topic.get_topic_name())
    assert app.table.changelog_topic.get_topic_name() == "dosewarden-safety-ledger-changelog"
    assert set(app.batch_handlers) == {"patient-events"}
    assert app.conf.stream_wait_empty
    assert app.conf.table_standby_replicas == 0
    assert not app.conf.web_enabled
    with pytest.raises(TypeError, match="batch handler only"):
        app.table.data[b"p"] = 1
