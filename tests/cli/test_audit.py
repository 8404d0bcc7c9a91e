"""`dosewarden audit`: what whoever has to prove something types."""

import asyncio
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner, Result

from schemas.topics import ALERT_HISTORY, ALERT_STATE
from services.cli.audit import audit
from services.launcher.servers.child import free_port
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.audit.anchors import send_anchor
from services.notifier.audit.chain import Head
from tests.notifier.audit.histories import Placed, history

pytestmark = pytest.mark.embedded


def command(kafka: str, *arguments: str) -> Result:
    return CliRunner(env={"DOSEWARDEN_KAFKA": kafka}).invoke(audit, list(arguments))


def written(kafka: str, records: list[Placed], anchored: Placed | None = None) -> None:
    """Write a history, and the anchor of its chain at one of its entries."""

    async def write() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            await producer.partitions_for(ALERT_STATE.name)
            await producer.partitions_for(ALERT_HISTORY.name)
            for record in records:
                await producer.send_and_wait(
                    ALERT_HISTORY.name, value=record.value, key=record.key, partition=3
                )
            if anchored is not None:
                told = anchored.content()
                head = Head(told["chain_sequence"], told["hash"], told["chain_sequence"] - 1)
                await send_anchor(producer, told["chain"], head)

    asyncio.run(write())


def test_a_whole_history_is_verified(embedded_broker: EmbeddedBroker) -> None:
    records = history(6)
    written(embedded_broker.bootstrap, records, records[-1])
    result = command(embedded_broker.bootstrap, "verify")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        0, "Whole: every entry follows the one before it.",
    )  # fmt: skip


def test_a_tampered_history_is_a_finding_with_the_offset(embedded_broker: EmbeddedBroker) -> None:
    records = history(6)
    records[2] = records[2].altered(actor="channel:terminal")
    written(embedded_broker.bootstrap, records, records[-1])
    result = command(embedded_broker.bootstrap, "verify")
    assert result.exit_code == 1
    assert result.stdout.startswith("partition 3, offset 2: altered: ")
    told = orjson.loads(command(embedded_broker.bootstrap, "verify", "--json").stdout)
    assert (told["whole"], told["faults"][0]["offset"]) == (False, 2)


def test_a_history_without_its_end_is_a_finding(embedded_broker: EmbeddedBroker) -> None:
    records = history(6)
    written(embedded_broker.bootstrap, records[:4], records[-1])
    result = command(embedded_broker.bootstrap, "verify")
    assert result.exit_code == 1
    assert "partition 3, at its end: truncated: the chain ends at entry 4" in result.stdout


def test_a_history_that_was_written_anew_with_its_anchors_is_found_by_heads_kept_elsewhere(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    true, forged = history(6), history(4)
    written(embedded_broker.bootstrap, forged, forged[-1])
    kept = tmp_path / "heads.json"
    last = true[-1].content()
    head = {"chain": last["chain"], "entries": last["chain_sequence"], "hash": last["hash"]}
    kept.write_bytes(orjson.dumps({"chains": [head]}))
    assert command(embedded_broker.bootstrap, "verify").exit_code == 0
    result = command(embedded_broker.bootstrap, "verify", "--against", str(kept))
    assert result.exit_code == 1
    assert "it had come to entry 6" in result.stdout


def test_heads_that_are_none_are_wrong_usage(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    kept.write_text("{}")
    assert command(embedded_broker.bootstrap, "verify", "--against", str(kept)).exit_code == 2


def test_what_could_not_be_read_is_not_called_whole() -> None:
    result = command(f"127.0.0.1:{free_port()}", "verify")
    assert result.exit_code == 1
    assert "no Kafka at" in result.stderr
    assert "hole" not in result.stdout


def test_show_tells_what_became_of_one_alert(embedded_broker: EmbeddedBroker) -> None:
    written(embedded_broker.bootstrap, history(6))
    shown = command(embedded_broker.bootstrap, "show", "03-alert-1").stdout.splitlines()
    assert len(shown) == 2
    assert "told -> notified" in shown[0]
    told = orjson.loads(command(embedded_broker.bootstrap, "show", "03-alert-1", "--json").stdout)
    assert [(entry["offset"], entry["sequence"]) for entry in told] == [(0, 1), (3, 4)]


def test_an_alert_that_the_history_does_not_know_is_a_finding(embedded_broker: EmbeddedBroker) -> None:
    written(embedded_broker.bootstrap, history(2))
    assert command(embedded_broker.bootstrap, "show", "07-none").exit_code == 1


def test_export_prints_an_audit_event_for_each_entry_and_a_communication_for_each_telling(
    embedded_broker: EmbeddedBroker,
) -> None:
    written(embedded_broker.bootstrap, history(3))
    result = command(embedded_broker.bootstrap, "export")
    kinds = [orjson.loads(line)["resourceType"] for line in result.stdout.splitlines()]
    assert (result.exit_code, kinds) == (0, ["AuditEvent", "Communication"] * 3)
    only = command(embedded_broker.bootstrap, "export", "--alert", "03-alert-1").stdout.splitlines()
    assert len(only) == 2


def test_an_export_that_leaves_something_out_is_a_finding(embedded_broker: EmbeddedBroker) -> None:
    written(embedded_broker.bootstrap, [*history(2), Placed(b"k", b"no entry")])
    result = command(embedded_broker.bootstrap, "export")
    assert result.exit_code == 1
    assert "2 entries exported, 1 could not be read" in result.stderr
