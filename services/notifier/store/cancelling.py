"""Commands to Redis that end when they are cancelled, on CPython 3.11 too.

redis-py writes by `asyncio.wait_for`, which on 3.11 takes a cancellation for nothing where the write ended in
the same turn of the loop (python/cpython#86296, mended in 3.12). A part of the notifier that was told to end,
because another one had failed, then went on for ever, and the process was half alive.
"""

import asyncio
from collections.abc import Iterable

from redis.asyncio.connection import AbstractConnection


class _EndsWhenCancelled(AbstractConnection):
    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        await super().send_packed_command(command, check_health)
        if task is not None and task.cancelling() > before:
            # Nobody will read the answer.
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


def cancellable(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """Connections of a kind, whose commands can be cancelled."""
    return type(f"Cancellable{kind.__name__}", (_EndsWhenCancelled, kind), {})
