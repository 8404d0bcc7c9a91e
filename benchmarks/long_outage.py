"""`python -m benchmarks.long_outage [KILLS]`: a whole notifier whose store is killed again and again, and is
then away for a minute, on each store.

The load of a hospital goes on all the time (benchmarks/ward_load.py), through an Apache Kafka. Shown are who
was never told, who was told twice, how long findings of tier 1 waited while the store was away, and when
everything that had waited was told after it was back.
"""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks import report
from benchmarks.pagers.dosewarden import PARTITIONS, DoseWarden
from benchmarks.pagers.receiver import Receiver
from benchmarks.stores import each_store
from benchmarks.ward_load import PER_S, Told, WardLoad
from services.launcher.servers.local_store import LocalStore
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from services.notifier.stopping import Stop

KILLS = 20
_BETWEEN_S = 2.0
_AWAY_S = 60.0
_LONGEST_S = 300.0


async def _all_told(receiver: Receiver, names: set[str]) -> None:
    """Wait until each was told, or for some minutes."""
    ends = time.perf_counter() + _LONGEST_S
    while not names <= receiver.pages.keys() and time.perf_counter() < ends:
        await receiver.until(len(receiver.pages) + 1, 1)


def _missing_and_twice(receiver: Receiver, told: Told, names: set[str]) -> str:
    twice = {name for name in names if receiver.pages[name] > 1}
    return f"{len(names - receiver.pages.keys())} | {len(twice)} ({len(twice & told.marked)} marked)"


async def drill(store: LocalStore, kafka: str, directory: Path, kills: int) -> list[str]:
    """The rows of one store."""
    told = Told()
    async with Receiver(told.names) as receiver:
        pager = DoseWarden(directory, 0, kafka, store.url)
        await pager.start(receiver)
        load, stop = WardLoad(pager), Stop()
        running = asyncio.create_task(load.run(stop))
        for _ in range(kills):
            await asyncio.sleep(_BETWEEN_S)
            store.kill()
            store.start()  # in this thread: a server ends with the thread that started it
        killed = set(load.posted)
        await _all_told(receiver, killed)
        store.kill()
        gone = time.perf_counter()
        await asyncio.sleep(_AWAY_S)
        waiting = set(load.posted)
        store.start()
        back = time.perf_counter()
        await _all_told(receiver, waiting)
        stop.set()
        await running
        await _all_told(receiver, set(load.posted))
        await receiver.until_calm(5)
        await pager.stop()
    during = {name for name in waiting if load.posted[name] > gone}
    loud = [receiver.first[n] - load.posted[n] for n in during & load.loud if n in receiver.first]
    drained = max(receiver.first[name] for name in during if name in receiver.first) - back
    return [
        f"killed {kills} times | {len(killed):,} | {_missing_and_twice(receiver, told, killed)} | | |",
        f"away for {_AWAY_S:.0f} s | {len(during):,} | {_missing_and_twice(receiver, told, during)} | "
        f"{max(loud):.1f} s of {len(loud)} | {drained:.1f} s |",
    ]


def main() -> None:
    """Print the figures as Markdown."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    sys.stdout.write(f"{report.machine()}; {PER_S} findings a second\n\n")
    sys.stdout.write(
        "| store | | findings | never told | told twice | longest wait of tier 1 | all told after |\n"
    )
    sys.stdout.write("| --- | --- | --- | --- | --- | --- | --- |\n")
    for name, store, directory in each_store():
        kafka = RealKafka(directory / "kafka")
        kafka.start()
        try:
            ensure_topics(kafka.bootstrap, PARTITIONS)
            for row in asyncio.run(drill(store, kafka.bootstrap, directory / "notifier", kills)):
                sys.stdout.write(f"| {name} | {row}\n")
                sys.stdout.flush()
        finally:
            kafka.stop()


if __name__ == "__main__":
    main()
