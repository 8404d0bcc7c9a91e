"""`python -m benchmarks.paging`: our notifier and Prometheus Alertmanager, side by side, in one run.

Killed before it told (nobody posts again), killed after it told (the source repeats itself, as each expects
it), from post to page at a steady rate, and a burst. Needs `prometheus-alertmanager` (Debian) and what `make
kafka` needs; all is on loopback and ends by itself. Alertmanager does not keep what it answered with 200: it
expects its source to send it again, by design. Ours is in Kafka and in a store that syncs each write.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Protocol

import click

from benchmarks import report
from benchmarks.pagers.alertmanager import Alertmanager
from benchmarks.pagers.dosewarden import PARTITIONS, DoseWarden
from benchmarks.pagers.receiver import Receiver
from services.launcher.servers.local_store import LocalStore, redis_binary, store_binary
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics

UNTOLD, TOLD, STEADY, BURST = 500, 200, 1_000, 10_000
_HELD_S = 5
_STEADY_PER_S = 50
_CALM_S = 8.0


class Pager(Protocol):
    """What is compared."""

    @staticmethod
    def paged(body: bytes, /) -> Iterable[str]: ...

    async def start(self, receiver: Receiver) -> None: ...
    async def post(self, names: Sequence[str], *, again: bool = False) -> None: ...
    async def kill(self) -> None: ...
    async def stop(self) -> None: ...


Make = Callable[[str, int], Pager]
"""A pager by a name for its directory and the seconds that it holds a page back."""


def _names(kind: str, count: int) -> list[str]:
    return [f"{kind}-{number}" for number in range(count)]


async def killed_before_telling(pager: Pager, receiver: Receiver) -> int:
    """How many of those that it took before it was killed were never paged."""
    names = _names("untold", UNTOLD)
    await pager.start(receiver)
    await pager.post(names)
    await pager.kill()
    await pager.start(receiver)
    await receiver.until(UNTOLD, _HELD_S + _CALM_S)
    await receiver.until_calm(_CALM_S)
    await pager.stop()
    return len(set(names) - receiver.pages.keys())


async def killed_after_telling(pager: Pager, receiver: Receiver) -> tuple[int, int]:
    """How many pages were made before the kill, and how many were paged again after it."""
    names = _names("told", TOLD)
    await pager.start(receiver)
    await pager.post(names)
    await receiver.until(TOLD, 60)
    await receiver.until_calm(_CALM_S)
    before = len(receiver.pages.keys() & set(names))
    await pager.kill()
    receiver.forget()
    await pager.start(receiver)
    await pager.post(names, again=True)
    await receiver.until_calm(_CALM_S)
    await pager.stop()
    return before, len(receiver.pages.keys() & set(names))


async def steady(pager: Pager, receiver: Receiver) -> list[float]:
    """Milliseconds from an accepted post to its page, one post at a time."""
    await pager.start(receiver)
    posted: dict[str, float] = {}
    begun = time.perf_counter()
    for number, name in enumerate(_names("steady", STEADY)):
        await asyncio.sleep(max(0.0, begun + number / _STEADY_PER_S - time.perf_counter()))
        posted[name] = time.perf_counter()
        await pager.post([name])
    await receiver.until(STEADY, 60)
    await receiver.until_calm(2)
    await pager.stop()
    return [1e3 * (receiver.first[name] - at) for name, at in posted.items() if name in receiver.first]


async def burst(pager: Pager, receiver: Receiver) -> tuple[int, float]:
    """Of ten thousand at once: how many were paged, and the seconds until the last."""
    names = _names("burst", BURST)
    await pager.start(receiver)
    begun = time.perf_counter()
    await pager.post(names)
    await receiver.until(BURST, 300)
    await receiver.until_calm(2)
    await pager.stop()
    paged = [at for name, at in receiver.first.items() if name.startswith("burst-")]
    return len(paged), max(paged) - begun


async def column(make: Make) -> list[str]:
    """All figures of one pager, as cells."""
    cells: list[str] = []

    async def on(name: str, held_s: int) -> tuple[Pager, Receiver]:
        pager = make(name, held_s)
        return pager, await stack.enter_async_context(Receiver(pager.paged))

    async with AsyncExitStack() as stack:
        cells.append(f"{await killed_before_telling(*await on('untold', _HELD_S))} of {UNTOLD}")
        before, again = await killed_after_telling(*await on("told", 0))
        cells.append(f"{again} of {before}")
        ms = await steady(*await on("steady", 0))
        cells.append(f"{median(ms):.1f} ms, {quantiles(ms, n=100)[98]:.1f} ms ({len(ms)} of {STEADY})")
        paged, seconds = await burst(*await on("burst", 0))
        cells.append(f"{paged:,} of {BURST:,} in {seconds:.1f} s")
    return cells


ROWS = (
    f"killed before it told, nobody posts again: never paged, of {UNTOLD}",
    "killed after it told, the source repeats itself: paged again",
    f"post to page at {_STEADY_PER_S}/s: p50, p99",
    f"burst of {BURST:,}",
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Print the comparison as Markdown."""
    machine = report.machine()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        kafka, store = (
            RealKafka(directory / "kafka"),
            LocalStore(redis_binary() or store_binary(), directory / "store"),
        )
        kafka.start()
        store.start()
        try:
            ensure_topics(kafka.bootstrap, PARTITIONS)
            theirs = asyncio.run(column(lambda what, held: Alertmanager(directory / f"am-{what}", held)))
            ours = asyncio.run(
                column(
                    lambda what, held: DoseWarden(directory / f"dw-{what}", held, kafka.bootstrap, store.url)
                )
            )
        finally:
            store.stop()
            kafka.stop()
    click.echo(f"{machine}\n\n| | {DoseWarden.title} | {Alertmanager.title} |\n| --- | --- | --- |")
    for row, one, other in zip(ROWS, ours, theirs, strict=True):
        click.echo(f"| {row} | {one} | {other} |")


if __name__ == "__main__":
    main()
