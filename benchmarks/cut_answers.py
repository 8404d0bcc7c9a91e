"""`python -m benchmarks.cut_answers [ALERTS]`: one answer in twenty of the store never comes, on each store.

The same story is told twice, directly and through a proxy that cuts connections before the answer: findings,
steps, answers of every kind, corrections. Trails, orders and alarms must be the same. Commands are the calls
of our functions that the store carried out for the second telling, repetitions among them.
"""

import asyncio
import logging
import sys
import time

import redis

from benchmarks import report
from benchmarks.stores import each_store
from services.launcher.servers.local_store import LocalStore
from tests.notifier.cutting_proxy import cutting
from tests.notifier.store.test_cut_answers import story

ALERTS = 10_000
_ONE_IN = 20


def _commands(store: LocalStore) -> int:
    """How often a function was called since the start of the server, or since its figures were reset."""
    with redis.Redis(port=store.port) as client:
        return int(client.info("commandstats").get("cmdstat_fcall", {}).get("calls", 0))


async def cut(store: LocalStore, alerts: int) -> str:
    """One row of figures."""
    expected = await story(store.url, alerts)
    store.empty()
    before, began = _commands(store), time.perf_counter()
    async with cutting(store.url, _ONE_IN) as proxy:
        same = await story(proxy.url, alerts) == expected
    took, commands = time.perf_counter() - began, _commands(store) - before
    verdict = "all as without cuts" if same else "NOT as without cuts"
    return f"{alerts:,} | {commands:,} | {proxy.cuts:,} | {took:.0f} s | {verdict} |"


def main() -> None:
    """Print the figures as Markdown."""
    logging.getLogger("services.notifier").setLevel(logging.ERROR)  # each cut is warned of
    alerts = int(sys.argv[1]) if len(sys.argv) > 1 else ALERTS
    sys.stdout.write(f"{report.machine()}\n\n| store | alerts | commands | cut | took | |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- |\n")
    for name, store, _ in each_store():
        sys.stdout.write(f"| {name} | {asyncio.run(cut(store, alerts))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
