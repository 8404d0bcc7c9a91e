"""A whole notifier on duty within a test, and waiting for what becomes of an alert."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any

from services.notifier.alerts import Alert
from services.notifier.app import Notifier
from services.notifier.channels import Channel
from services.notifier.channels.terminal import TerminalChannel
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.policy.deciding import Policy
from services.notifier.settings import Settings
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import key, tag_of
from services.notifier.store.reading import UnknownAlert
from services.notifier.telling.retrying import RetryPolicy
from tests.notifier.builders import ISSUE, PATIENT
from tests.notifier.desk import Desk
from tests.notifier.pager import SECRET

QUICK = RetryPolicy(attempts=5, first_s=0.01, longest_s=0.05)


@asynccontextmanager
async def on_duty(
    settings: Settings, pager_url: str, screen: StringIO, policy: Policy | None = None
) -> AsyncIterator[Notifier]:
    """A notifier that pages to `pager_url` and writes to `screen`, stopped in good order at the end."""
    channels: dict[str, Channel] = {
        "terminal": TerminalChannel(screen, json=True),
        "webhook": WebhookChannel(pager_url, SECRET, loopback=True),
    }
    notifier = Notifier(settings, channels, policy)
    running = asyncio.create_task(notifier.run())
    try:
        yield notifier
    finally:
        notifier.stop()
        async with asyncio.timeout(30):
            await running


def told_by(alert: Alert) -> set[str]:
    """The channels by which somebody was told of an alert."""
    return {target.channel for target in alert.told}


async def until(desk: Desk, wanted: Callable[[Alert], bool], issue: str = ISSUE) -> Alert:
    """The alert, once it is as wanted; looks again after each entry of the audit trail."""
    name, last = key(tag_of(PATIENT), "evt"), "0"
    connection = desk.store.connection
    async with asyncio.timeout(90):
        while True:
            try:
                alert = await desk.alert(issue)
                if wanted(alert):
                    return alert
            except UnknownAlert:
                last = "0"
            last = await _next_entry(connection, name, last)


async def _next_entry(connection: Connection, stream: str, last: str) -> str:
    async def attempt() -> Any:
        return await connection.streams.xread({stream: last}, block=500)

    found = await connection.repeated(attempt)
    return str(found[0][1][-1][0]) if found else last
