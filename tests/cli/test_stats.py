"""`dosewarden stats`, from a topic to the table."""

import asyncio

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner, Result

from schemas.alerts import AlertHistoryEntry
from schemas.topics import ALERT_HISTORY
from services.cli.stats import stats
from services.launcher.servers.child import free_port
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.notifier.numbers.stories import alert

pytestmark = pytest.mark.embedded
HISTORY = [
    *alert(("raised", 0), ("paged", 0), ("told", 1), ("acknowledged", 4)),
    *alert(("raised", 0), ("paged", 0), ("told", 1), name="03-other", check="interaction"),
]


def command(kafka: str, *arguments: str) -> Result:
    return CliRunner(env={"DOSEWARDEN_KAFKA": kafka}).invoke(stats, list(arguments))


def written(kafka: str, entries: list[AlertHistoryEntry], *more: bytes) -> None:
    async def write() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            await producer.partitions_for(ALERT_HISTORY.name)
            for value in (*(entry.model_dump_json().encode() for entry in entries), *more):
                await producer.send_and_wait(ALERT_HISTORY.name, value=value, partition=1)

    asyncio.run(write())


def test_each_figure_stands_with_what_it_was_counted_from(embedded_broker: EmbeddedBroker) -> None:
    written(embedded_broker.bootstrap, HISTORY)
    result = command(embedded_broker.bootstrap, "--by", "rule")
    rows = {line.split()[0]: line for line in result.stdout.splitlines()[1:]}
    assert "4 min / 4 min (of 1)" in rows["cumulative-dose"]
    assert "100 % (1/1)" in rows["interaction"]
    assert "50 % (1/2)" in rows["all"]
    assert "could not be measured" in rows["all"]
    assert "pages per 100 patient-days: could not be measured" in result.stdout


def test_as_json_what_could_not_be_measured_is_null(embedded_broker: EmbeddedBroker) -> None:
    written(embedded_broker.bootstrap, HISTORY, b"not an entry")
    told = orjson.loads(command(embedded_broker.bootstrap, "--json", "--patient-days", "50").stdout)
    assert told["unreadable"] == 1
    assert told["all"]["positive_predictive_value"] == {"numerator": 0, "denominator": 0, "value": None}
    assert told["all"]["pages_per_100_patient_days"] == {"numerator": 2, "patient_days": 50.0, "value": 4.0}


def test_a_history_that_could_not_be_read_is_no_history_without_alerts() -> None:
    result = command(f"127.0.0.1:{free_port()}")
    assert (result.exit_code, result.stdout) == (1, "")


@pytest.mark.parametrize("since", ["yesterday", "2026-11-01T07:00:00"])
def test_a_time_that_is_none_is_wrong_usage(since: str) -> None:
    assert command("127.0.0.1:1", "--since", since).exit_code == 2
