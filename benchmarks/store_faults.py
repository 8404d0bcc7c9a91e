"""`python -m benchmarks.store_faults [KILLS]`: what answered commands are worth when the store is killed, and
how late timers are.

A store of its own (Redis, AOF `always`) is killed by SIGKILL again and again while findings and
acknowledgements are written; then every command that was answered is looked for. After that live timers are
armed, all due within one second; lateness is from the instant a page was due to the instant that it was
ordered, by the store's clock.
"""

import asyncio
import sys
import tempfile
from datetime import datetime, timedelta
from itertools import count as count_from
from pathlib import Path
from statistics import median, quantiles

from benchmarks import report
from schemas.base import TimeDomain
from schemas.topics import partition_of
from services.launcher.servers.local_store import LocalStore, redis_binary, store_binary
from services.notifier.alerts import instant
from services.notifier.connection import Connection
from services.notifier.identifiers import alert_id
from services.notifier.partitions import Partitions
from services.notifier.reading import AlertReader
from services.notifier.stopping import Stop
from services.notifier.store import AlertStore
from services.notifier.timers import Timers
from tests.notifier.builders import finding
from tests.notifier.desk import PARTITION, PARTITIONS, Desk

KILLS = 20
_WRITERS = 8
_BETWEEN_S = 1.0
_TIMERS = (1_000, 10_000)
_SETTLES_S = 40.0


async def _write(desk: Desk, writer: int, stop: Stop, answered: list[str]) -> None:
    number = 0
    while not stop:
        issue, patient = f"issue-{writer}-{number}", f"patient-{writer}-{number % 50}"
        await desk.hear(finding(issue_id=issue, patient=patient))
        alert = alert_id(patient, issue)
        answer = await desk.acknowledge(alert=alert, command=f"tap {alert}")
        if answer.result == "done":
            answered.append(alert)
        number += 1


async def kills(store: LocalStore, times: int) -> str:
    """Answered acknowledgements, and how many of them are gone after all kills."""
    connection = Connection(store.url, patience_s=60)
    alerts = AlertStore(connection)
    desk = Desk(alerts, AlertReader(connection), await alerts.begin())
    stop, answered = Stop(), list[str]()
    async with asyncio.TaskGroup() as tasks:
        for writer in range(_WRITERS):
            tasks.create_task(_write(desk, writer, stop, answered))
        for _ in range(times):
            await asyncio.sleep(_BETWEEN_S)
            store.kill()
            store.start()  # in this thread: a server ends with the thread that started it
        stop.set()
    held = {alert.id for alert in await desk.reader.alerts() if alert.acked_by == "nurse on call"}
    await connection.close()
    return f"{times} kills: {len(set(answered) - held)} lost of {len(answered):,} answered acknowledgements"


async def lateness(store: LocalStore, count: int) -> str:
    """How late pages were whose findings had to hold first."""
    connection = Connection(store.url, patience_s=60)
    await connection.client.flushall()
    alerts = AlertStore(connection)
    desk = Desk(alerts, AlertReader(connection), await alerts.begin())
    now = instant(await alerts.now_ms())
    due = [now + timedelta(seconds=_SETTLES_S, milliseconds=1_000 * n / count) for n in range(count)]
    ours = (name for name in map("patient-{}".format, count_from(0)) if _is_ours(name))
    names = [(f"issue-{number}", next(ours)) for number in range(count)]
    for (issue, patient), at in zip(names, due, strict=True):  # in order, as records of a partition are
        found = finding(issue_id=issue, patient=patient, at=now, page_from=at, time_domain=TimeDomain.LIVE)
        await desk.hear(found)
    armed_late = instant(await alerts.now_ms()) > due[0]
    partitions, stop = Partitions(), Stop()
    partitions.own([PARTITION], PARTITIONS)
    running = asyncio.create_task(Timers(desk.due, desk.policy, partitions, desk._alarm).run(stop))
    late = []
    for (issue, patient), at in zip(names, due, strict=True):
        late.append((await _paged(desk, alert_id(patient, issue)) - at).total_seconds())
    stop.set()
    await running
    await connection.close()
    figures = f"p50 {median(late):.2f} s, p99 {quantiles(late, n=100)[98]:.2f} s, longest {max(late):.2f} s"
    return f"{count:,} timers due within a second: {figures}" + (" (armed too late)" if armed_late else "")


async def _paged(desk: Desk, alert: str) -> datetime:
    while True:
        for line in await desk.reader.history(alert):
            if line.event == "paged":
                return line.at
        await asyncio.sleep(1)


def _is_ours(patient: str) -> bool:
    return partition_of(patient, PARTITIONS) == PARTITION


def main() -> None:
    """Print the figures."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    sys.stdout.write(f"{report.machine()}\n")
    with tempfile.TemporaryDirectory() as name:
        store = LocalStore(redis_binary() or store_binary(), Path(name) / "store")
        store.start()
        try:
            sys.stdout.write(f"- {asyncio.run(kills(store, times))}\n")
            for count in _TIMERS:
                sys.stdout.write(f"- {asyncio.run(lateness(store, count))}\n")
        finally:
            store.stop()


if __name__ == "__main__":
    main()
