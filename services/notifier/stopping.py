"""How loops end: one event for all, noticed while they wait."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Stop:
    """Set once; every wait through it ends early."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """End all waits, now and later."""
        self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> None:
        """Wait for the end."""
        await self._event.wait()

    async def sleep(self, seconds: float) -> bool:
        """Wait; True if the end came first."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def or_else(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """The result of `work`, or None when the end comes first; `work` is then cancelled."""
        task = asyncio.ensure_future(work)
        end = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait((task, end), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            return None
        finally:
            for waiting in (task, end):
                if not waiting.done():
                    waiting.cancel()
            await asyncio.gather(task, end, return_exceptions=True)
