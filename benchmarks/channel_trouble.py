"""`python -m benchmarks.channel_trouble [ALERTS]`: what a channel in trouble costs those told by another one.

Tier 1 alerts, one after the other, are due by a webhook and by a chat hook. The webhook is well, hangs, is
dead, asks for rest (429 with Retry-After), or answers 503 and 200 in turn; milliseconds are those from a
finding to its message at the chat hook. On a Redis of its own with AOF `always`.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import click

from benchmarks import report
from schemas.base import Severity
from services.launcher.servers.child import free_port
from services.launcher.servers.local_store import LocalStore, redis_binary, store_binary
from services.notifier.channels.chat import ChatChannel, Shape
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.policy.default import DeskPolicy
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.reading import AlertReader
from services.notifier.telling.retrying import RetryPolicy
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.pager import SECRET
from tests.notifier.receiver import Receiver, Reply
from tests.notifier.sending import sending

ALERTS = 300
_REST = Reply(429, headers={"Retry-After": "30"})
TROUBLES: dict[str, Callable[[], Receiver | None]] = {
    "is well": lambda: Receiver(Reply()),
    "hangs": lambda: Receiver(Reply(held=True)),
    "is dead": lambda: None,
    "asks for rest": lambda: Receiver(_REST),
    "answers 503 and 200 in turn": lambda: _flapping(),
}


def _flapping() -> Receiver:
    made = Receiver(Reply())
    made.replies = [Reply(503), Reply(200)] * 10_000
    return made


async def told(redis: str, pager: Receiver | None, alerts: int) -> list[float]:
    """Milliseconds from each finding to its message at the chat hook."""
    connection = Connection(redis, patience_s=60)
    await connection.client.flushall()
    store, chat = AlertStore(connection), Receiver(Reply(200, b"ok"))
    desk = Desk(store, AlertReader(connection), await store.begin(), DeskPolicy(("webhook", "slack")))
    url = await pager.start() if pager else f"http://127.0.0.1:{free_port()}"
    webhook = WebhookChannel(f"{url}/page", SECRET, loopback=True)
    slack = ChatChannel(Shape.SLACK, f"{await chat.start()}/hook", loopback=True)
    took = []
    async with sending(desk, webhook, slack, retry=RetryPolicy()):
        for number in range(alerts):
            begun = time.perf_counter()
            await desk.hear(finding(issue_id=f"issue-{number}", severity=Severity.CONTRAINDICATED))
            await chat.until(number + 1)
            took.append(1e3 * (time.perf_counter() - begun))
    for part in (webhook, slack, chat, *((pager,) if pager else ())):
        await part.close()
    await connection.close()
    return took


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("alerts", type=click.IntRange(min=1), default=ALERTS)
def main(alerts: int) -> None:
    """Print one row for each trouble, as Markdown."""
    machine = report.machine()
    sys.stdout.write(f"{machine}; {alerts} alerts each\n\n")
    sys.stdout.write("| the webhook | p50 | p99 | longest |\n| --- | --- | --- | --- |\n")
    with tempfile.TemporaryDirectory() as name:
        store = LocalStore(redis_binary() or store_binary(), Path(name) / "store")
        store.start()
        try:
            for trouble, receiver in TROUBLES.items():
                ms = asyncio.run(told(store.url, receiver(), alerts))
                p99 = quantiles(ms, n=100)[98]
                sys.stdout.write(f"| {trouble} | {median(ms):.0f} ms | {p99:.0f} ms | {max(ms):.0f} ms |\n")
        finally:
            store.stop()


if __name__ == "__main__":
    main()
