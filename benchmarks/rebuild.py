"""`python -m benchmarks.rebuild [ALERTS]`: how long an emptied store needs to be what it was.

Alerts that nobody answered yet and alerts that somebody took on, half of each, are relayed to an Apache
Kafka; then the store loses everything (FLUSHALL) and is rebuilt from the topics. States, who took them on,
who was told and every timer are compared with what was there before.
"""

import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import click
from aiokafka import AIOKafkaProducer

from benchmarks import report
from services.launcher.servers.local_store import LocalStore, redis_binary, store_binary
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from services.notifier.record.rebuilding import rebuild
from services.notifier.record.relay import Relay
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import alert_id, key, tags
from services.notifier.store.reading import AlertReader
from tests.notifier.builders import finding
from tests.notifier.desk import Desk

ALERTS = 10_000
_PARTITIONS = 24
_PATIENTS = 2_000
Seen = tuple[Mapping[str, tuple[object, ...]], list[tuple[str, str, float]]]


async def _begin(desk: Desk, number: int) -> None:
    patient = hashlib.sha256(str(number % _PATIENTS).encode()).hexdigest()[:32]
    issue = f"issue-{number}"
    await desk.hear(finding(issue_id=issue, patient=patient))
    if number % 2:
        await desk.acknowledge(alert=alert_id(patient, issue), command=f"tap-{number}")


async def _seen(desk: Desk) -> Seen:
    """What a rebuild has to bring back: each alert, and each timer with its time."""
    client = desk.store.connection.client
    alerts = {a.id: (a.state, a.revision, a.acked_by, a.told) for a in await desk.reader.alerts()}
    names = [name for tag in tags() async for name in client.scan_iter(key(tag, "due", "*"))]
    timers = [(name, *timer) for name in names for timer in await client.zrange(name, 0, -1, withscores=True)]
    return alerts, sorted(timers)


async def measured(kafka: str, redis: str, alerts: int) -> str:
    """One row of figures."""
    connection = Connection(redis, patience_s=60)
    store = AlertStore(connection)
    desk = Desk(store, AlertReader(connection), await store.begin())
    for number in range(alerts):  # in order, as records of a partition are
        await _begin(desk, number)
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer:
        began = time.perf_counter()
        await Relay(connection, producer, kafka, "benchmark", desk.alarm).drain()
        relayed = time.perf_counter() - began
    before = await _seen(desk)
    await connection.client.flushall()
    await store.begin()
    began = time.perf_counter()
    await rebuild(kafka, store, None)
    rebuilt = time.perf_counter() - began
    same = "all as before" if await _seen(desk) == before else "NOT as before"
    await connection.close()
    return f"| {len(before[0]):,} | {len(before[1]):,} | {relayed:.1f} s | {rebuilt:.1f} s | {same} |"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("alerts", type=click.IntRange(min=1), default=ALERTS)
def main(alerts: int) -> None:
    """Print the figures as Markdown."""
    machine = report.machine()
    with tempfile.TemporaryDirectory() as name:
        kafka = RealKafka(Path(name) / "kafka")
        store = LocalStore(redis_binary() or store_binary(), Path(name) / "store")
        kafka.start()
        store.start()
        try:
            ensure_topics(kafka.bootstrap, _PARTITIONS)
            row = asyncio.run(measured(kafka.bootstrap, store.url, alerts))
        finally:
            store.stop()
            kafka.stop()
    sys.stdout.write(
        f"{machine}\n\n| alerts | timers | relayed in | rebuilt in | |\n| --- | --- | --- | --- | --- |\n"
    )
    sys.stdout.write(row + "\n")


if __name__ == "__main__":
    main()
