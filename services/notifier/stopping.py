"""How loops end: one event for all, noticed while they wait."""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)
Result = TypeVar("Result")
_GOODBYE_S = 1.5
_ENDING_S = 5.0


async def goodbye(work: Coroutine[Any, Any, None], what: str) -> bool:
    """Do what is only good manners at the end of a process, for at most one and a half seconds; False if that
    was not enough.

    Clients of Kafka repeat without end while nothing answers; a process that waits for them is killed. Only
    for what may be left undone: the next process finds it as it was. `what` names it in the log.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait((task,), timeout=_GOODBYE_S)
    finally:
        task.cancel()
    if done:
        await task
        return True
    await asyncio.gather(task, return_exceptions=True)
    log.warning("%s was given up: nothing answers", what)
    return False


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


async def see_end(stop: Stop, parts: Collection[asyncio.Task[None]]) -> None:
    """After `stop`, give the parts of a process five seconds to end, and then end them.

    To each that is as a crash, which it survives, and the others still end in good order.
    """
    await stop.wait()
    _, late = await asyncio.wait(parts, timeout=_ENDING_S)
    for part in late:
        log.warning("%s did not end and was ended", part.get_name())
        part.cancel()
