"""How loops end: one event for all, noticed while they wait."""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)
Result = TypeVar("Result")
_GOODBYE_S = 1.2
_BREAKING_OFF_S = 0.25
_ENDING_S = 4.0
"""With a farewell of a part, of the relay and of the producer all is over within ten seconds."""


async def goodbye(work: Coroutine[Any, Any, None], what: str, within_s: float = _GOODBYE_S) -> bool:
    """Do what is only good manners at the end of a process, for at most about a second; False if that was not
    enough. A moment more is for what it holds when it is broken off.

    Clients of Kafka repeat without end while nothing answers; a process that waits for them is killed. Only
    for what may be left undone: the next process finds it as it was. `what` names it in the log.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait((task,), timeout=within_s)
    except asyncio.CancelledError:
        await _broken_off(task)
        raise
    if task.done() and not task.cancelled():
        task.result()
        return True
    await _broken_off(task)
    log.warning("%s was given up: nothing answers", what)
    return False


async def _broken_off(task: asyncio.Task[None]) -> None:
    task.cancel()
    # Clients have tasks of their own to end then, which wait for Kafka as well.
    await asyncio.wait((task,), timeout=_BREAKING_OFF_S)
    if task.done() and not task.cancelled():
        task.exception()


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
            async with asyncio.timeout(seconds):
                await self._event.wait()
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
    """After `stop`, give the parts of a process four seconds to end, and then end them.

    To each that is as a crash, which it survives, and the others still end in good order.
    """
    await stop.wait()
    _, late = await asyncio.wait(parts, timeout=_ENDING_S)
    for part in late:
        log.warning("%s did not end and was ended", part.get_name())
        part.cancel()
