"""`python -m benchmarks.store_faults [KILLS]`: what answered commands are worth when the store is killed.

A store of its own of each kind (AOF `always`) is killed by SIGKILL again and again while findings and
acknowledgements are written; then every command that was answered is looked for.
"""

import asyncio
import sys

from benchmarks import report
from benchmarks.stores import each_store
from services.launcher.servers.local_store import LocalStore
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import alert_id
from services.notifier.store.reading import AlertReader
from tests.notifier.builders import finding
from tests.notifier.desk import Desk

KILLS = 20
_WRITERS = 8
_BETWEEN_S = 1.0


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


def main() -> None:
    """Print the figures."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    sys.stdout.write(f"{report.machine()}\n")
    for name, store, _ in each_store():
        sys.stdout.write(f"- {name}: {asyncio.run(kills(store, times))}\n")


if __name__ == "__main__":
    main()
