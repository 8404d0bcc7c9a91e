"""`python -m benchmarks.timers [COUNT]`: how late timers are that are all due within a second, on each store.

Findings that page are kept by a store (AOF `always`), then their timers are set to moments within one second.
Lateness is from the moment a page was due to the moment that it was ordered, by the store's clock. Then once
more, with whoever carries timers out ended in the middle without a word: another begins two seconds later,
and what is overdue is counted from when it began.
"""

import asyncio
import sys
from collections.abc import Mapping
from itertools import count as count_from
from statistics import median, quantiles

from benchmarks import report
from benchmarks.stores import each_store
from schemas.base import TimeDomain
from schemas.topics import partition_of
from services.launcher.servers.local_store import LocalStore
from services.notifier.alerts import instant
from services.notifier.findings.partitions import Partitions
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import alert_id, key, tags
from services.notifier.store.reading import AlertReader
from services.notifier.timers.due import DueAlerts
from services.notifier.timers.timers import Timers
from tests.notifier.builders import DESK_POLICY, finding
from tests.notifier.desk import PARTITION, PARTITIONS, Desk

COUNT = 10_000
_BEGINS_MS = 3_000
_ENDED_AFTER_S = 0.5
_DOWN_S = 2.0
_A_DAY_MS = 86_400_000


async def _armed(desk: Desk, count: int) -> Mapping[str, int]:
    """When each alert is due, in milliseconds; all within one second that begins soon."""
    client, now_ms = desk.store.connection.client, await desk.store.now_ms()
    ours = (
        name
        for name in map("patient-{}".format, count_from(0))
        if partition_of(name, PARTITIONS) == PARTITION
    )
    tomorrow, alerts = instant(now_ms + _A_DAY_MS), []
    for number in range(count):
        patient, issue = next(ours), f"issue-{number}"
        now = instant(now_ms)
        await desk.hear(
            finding(issue_id=issue, patient=patient, at=now, page_from=tomorrow, time_domain=TimeDomain.LIVE)
        )
        alerts.append(alert_id(patient, issue))
    begins_ms = await desk.store.now_ms() + _BEGINS_MS
    due = {alert: begins_ms + 1_000 * number // count for number, alert in enumerate(alerts)}
    for tag in tags():
        moments = {f"{alert}|1": at for alert, at in due.items() if alert.startswith(f"{tag}-")}
        if moments:
            await client.zadd(key(tag, "due", TimeDomain.LIVE.value, str(PARTITION)), moments)
    return due


async def _paged(desk: Desk, count: int) -> Mapping[str, list[int]]:
    """When each alert was ordered to be told, once all are."""
    while True:
        paged: dict[str, list[int]] = {}
        for tag in tags():
            for _, entry in await desk.store.connection.entries(key(tag, "evt")):
                if entry["event"] in ("paged", "escalated"):
                    paged.setdefault(entry["alert"], []).append(int(entry["at"]))
        if len(paged) >= count:
            return paged
        await asyncio.sleep(1)


async def _no_alarm(name: str, text: str) -> None:
    """Nobody is told of ourselves here."""


async def lateness(store: LocalStore, count: int, *, ended: bool) -> str:
    """One row of figures."""
    store.empty()
    connection = Connection(store.url, patience_s=60)
    alerts = AlertStore(connection)
    desk = Desk(alerts, AlertReader(connection), await alerts.begin())
    due = await _armed(desk, count)
    partitions, stop = Partitions(), Stop()
    partitions.own([PARTITION], PARTITIONS)
    ready_ms = 0
    if ended:
        first = Connection(store.url, patience_s=60)
        running = asyncio.create_task(
            Timers(DueAlerts(first), DESK_POLICY, partitions, _no_alarm).run(Stop())
        )
        await asyncio.sleep(max(0.0, (min(due.values()) - await alerts.now_ms()) / 1_000) + _ENDED_AFTER_S)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await first.close()
        await asyncio.sleep(_DOWN_S)
        ready_ms = await alerts.now_ms()
    running = asyncio.create_task(Timers(desk.due, DESK_POLICY, partitions, _no_alarm).run(stop))
    await asyncio.sleep(max(0.0, (max(due.values()) - await alerts.now_ms()) / 1_000) + 1)
    paged = await _paged(desk, count)
    stop.set()
    await running
    await connection.close()
    once = "each once" if all(len(times) == 1 for times in paged.values()) else "NOT each once"
    late = [(paged[alert][0] - max(at, ready_ms)) / 1_000 for alert, at in due.items()]
    late = [seconds for seconds in late if seconds >= 0] if ended else late
    p99 = quantiles(late, n=100)[98]
    return f"{count:,} | {median(late):.2f} s | {p99:.2f} s | {min(late):.2f} to {max(late):.2f} s | {once} |"


def main() -> None:
    """Print the figures as Markdown."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    sys.stdout.write(f"{report.machine()}\n\n| store | | timers | p50 | p99 | from, to | |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- | --- |\n")
    for name, store, _ in each_store():
        for ended, what in ((False, "undisturbed"), (True, "ended in the middle, after it is back")):
            row = asyncio.run(lateness(store, count, ended=ended))
            sys.stdout.write(f"| {name} | {what} | {row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
