"""`python -m benchmarks.emptied_store [ALERTS] [TIMES]`: a store that loses everything at random moments.

A whole notifier between an Apache Kafka and a store of each kind holds alerts: half wait for their moment,
half were told, and half of these were answered. The load of a hospital goes on (benchmarks/ward_load.py),
with an answer to one finding in four. Then the store is emptied (FLUSHALL, its functions too). An answer that
stood in `alert-history` by then must not be lost, nor may anybody be told again after it; others are counted
apart.
"""

import asyncio
import random
import sys
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import report
from benchmarks.pagers.dosewarden import PARTITIONS, DoseWarden
from benchmarks.pagers.receiver import Receiver
from benchmarks.relayed_answers import RelayedAnswers
from benchmarks.stores import each_store
from benchmarks.ward_load import Told, WardLoad, found
from schemas.alerts import ActionKind, AlertAction
from services.launcher.servers.local_store import LocalStore
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import alert_id, key, tags
from services.notifier.store.reading import AlertReader

ALERTS, TIMES = 10_000, 10
_AT_ONCE = 250
_LONGEST_S = 240.0
Seen = tuple[Mapping[str, tuple[object, ...]], Mapping[str, float]]


class Ward:
    """Who answers, and what the store holds of the alerts that were there from the beginning."""

    def __init__(self, connection: Connection, receiver: Receiver, load: WardLoad) -> None:
        self._connection = connection
        self._store, self.reader = AlertStore(connection), AlertReader(connection)
        self._receiver = receiver
        self._load = load
        self.answered: dict[str, float] = {}
        self.told_before: dict[str, int] = {}

    async def answer(self, name: str) -> None:
        """Somebody acknowledges; noted when the store says done, with how often it was told until then."""
        alert = alert_of(name)
        action = AlertAction(
            key=f"tap {alert}",
            alert_id=alert,
            action=ActionKind.ACKNOWLEDGE,
            revision=1,
            episode=1,
            actor="nurse",
        )
        if (await self._store.act(action)).result == "done":
            self.answered[alert] = time.perf_counter()
            self.told_before[name] = self._receiver.pages[name]

    async def answer_on(self, stop: Stop) -> None:
        """One finding in four of the load is answered once it was told."""
        asked: set[str] = set()
        while not stop:
            told = (name for name in list(self._load.posted)[::4] if name in self._receiver.pages)
            for name in [name for name in told if name not in asked]:
                asked.add(name)
                await self.answer(name)
            await stop.sleep(0.2)

    async def seen(self, wanted: set[str]) -> Seen:
        """State, answers and told of these alerts, and when their timers are due."""
        alerts = {a.id: a for a in await self.reader.alerts() if a.id in wanted}
        timers: dict[str, float] = {}
        for tag in tags():
            async for name in self._connection.client.scan_iter(key(tag, "due", "live", "*")):
                for member, at in await self._connection.client.zrange(name, 0, -1, withscores=True):
                    if member.rpartition("|")[0] in wanted:
                        timers[member] = at
        return {name: (a.state, a.revision, a.acked_by, a.told) for name, a in alerts.items()}, timers

    async def holds(self) -> int:
        """How many alerts hold."""
        return sum([await self._connection.client.zcard(key(tag, "live")) for tag in tags()])

    async def holds_again(self, count: int) -> None:
        """Wait until so many alerts hold, but not for ever: what is missing is counted then."""
        ends = time.perf_counter() + _LONGEST_S
        while await self.holds() < count and time.perf_counter() < ends:  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    async def relayed(self) -> None:
        """Wait until the history has everything that is there now."""
        client = self._connection.client
        for tag in tags():
            last = await client.xrevrange(key(tag, "evt"), count=1)
            if last:
                await self._reached(key(tag, "rel"), last[0][0])

    async def _reached(self, name: str, wanted: str) -> None:
        async with asyncio.timeout(_LONGEST_S):
            while not _is_reached(await self._connection.client.get(name), wanted):  # noqa: ASYNC110
                await asyncio.sleep(0.1)


def alert_of(name: str) -> str:
    """The alert of a finding of the load."""
    return alert_id(found(name, loud=False).patient, name)


def _is_reached(relayed: str | None, wanted: str) -> bool:
    def place(entry: str) -> tuple[int, ...]:
        return tuple(map(int, entry.split("-")))

    return relayed is not None and place(relayed) >= place(wanted)


async def _begin(pager: DoseWarden, receiver: Receiver, ward: Ward, count: int) -> set[str]:
    """The alerts that are there from the beginning."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    names = [f"first-{number}" for number in range(count)]
    for start in range(0, count, _AT_ONCE):
        some = enumerate(names[start : start + _AT_ONCE])
        await pager.say([found(n, loud=False, page_from=tomorrow if i % 2 else None) for i, n in some])
    told = {name for number, name in enumerate(names) if number % 2 == 0}
    ends = time.perf_counter() + _LONGEST_S
    while not told <= receiver.pages.keys() and time.perf_counter() < ends:
        await receiver.until(len(receiver.pages) + 1, 1)
    await asyncio.gather(*(ward.answer(name) for name in sorted(told)[: len(told) // 2]))
    await ward.relayed()
    return set(map(alert_of, names))


async def drill(store: LocalStore, kafka: str, directory: Path, count: int, times: int) -> str:
    """The row of one store."""
    told, missing, back_s, moved = Told(), 0, [], 0
    connection = Connection(store.url, patience_s=120)
    async with Receiver(told.names) as receiver:
        pager = DoseWarden(directory, 0, kafka, store.url)
        await pager.start(receiver)
        load = WardLoad(pager)
        ward, stop = Ward(connection, receiver, load), Stop()
        first = await _begin(pager, receiver, ward, count)
        before = await ward.seen(first)
        running = [asyncio.create_task(load.run(stop)), asyncio.create_task(ward.answer_on(stop))]
        relayed = RelayedAnswers(kafka)
        for _ in range(times):
            await asyncio.sleep(random.uniform(2, 5))
            held = await ward.holds()
            await relayed.look()
            store.empty()
            emptied_at = time.perf_counter()
            await ward.holds_again(held)
            back_s.append(time.perf_counter() - emptied_at)
            alerts, timers = await ward.seen(first)
            missing += len(before[0].keys() - alerts.keys()) + len(before[1].keys() - timers.keys())
            moved += sum(alerts.get(name, was) != was for name, was in before[0].items())
            moved += sum(timers.get(name, at) != at for name, at in before[1].items())
        stop.set()
        await asyncio.gather(*running)
        await receiver.until_calm(5)
        await ward.relayed()
        await relayed.read()
        held_by = {alert.id for alert in await ward.reader.alerts() if alert.acked_by == "nurse"}
        await pager.stop()
    await connection.close()

    def broken(alerts: Collection[str]) -> int:
        """How many of them had an answer that the history knew."""
        return sum(relayed.was_relayed(alert, ward.answered[alert]) for alert in alerts)

    lost = ward.answered.keys() - held_by
    again = {name for name, pages in receiver.pages.items() if pages > 1}
    after = {alert_of(n) for n, count in ward.told_before.items() if receiver.pages[n] > count}
    return (
        f"{len(before[0]):,} + {len(load.posted):,} | {max(back_s):.1f} s | {missing} | {moved} | "
        f"{broken(lost)} of {len(ward.answered):,}; {len(lost) - broken(lost)} not relayed yet | "
        f"{broken(after)}; {len(after) - broken(after)} not relayed yet | "
        f"{len(again)} ({len(again & told.marked)} marked) |"
    )


def main() -> None:
    """Print the figures as Markdown."""
    count, times = (int(sys.argv[n]) if len(sys.argv) > n else d for n, d in ((1, ALERTS), (2, TIMES)))
    sys.stdout.write(f"{report.machine()}; emptied {times} times\n\n")
    sys.stdout.write("| store | alerts | longest until back | missing | not as before | answers lost ")
    sys.stdout.write(
        "| answered and told again | told twice |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    for name, store, directory in each_store():
        kafka = RealKafka(directory / "kafka")
        kafka.start()
        try:
            ensure_topics(kafka.bootstrap, PARTITIONS)
            row = asyncio.run(drill(store, kafka.bootstrap, directory / "notifier", count, times))
            sys.stdout.write(f"| {name} | {row}\n")
            sys.stdout.flush()
        finally:
            kafka.stop()


if __name__ == "__main__":
    main()
