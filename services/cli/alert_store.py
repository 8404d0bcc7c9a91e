"""What the commands about alerts share: asking the store with little patience, and where they print."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from rich.console import Console

from services.cli.redis_option import redis_at
from services.notifier.store.connection import Connection, StoreUnavailable
from services.notifier.store.reading import AmbiguousAlert, UnknownAlert

Result = TypeVar("Result")
_PATIENCE_S = 5.0
_PIPED_WIDTH = 220


def output() -> Console:
    """Standard output for people; wide where nobody looks at a terminal."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    return console


def asked(url: str, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """What `work` answers. Raises `ClickException` where the alert or the store is not there."""

    async def connected() -> Result:
        connection = Connection(redis_at(url), patience_s=_PATIENCE_S, connections=2)
        try:
            return await work(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(connected())
    except (UnknownAlert, AmbiguousAlert, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error
