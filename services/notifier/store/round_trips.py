"""Calls that come while others are under way go together: one write, one sync of the store's disk for all of
them, one read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Call = tuple[str, list[str], list[str | int]]
"""The name of a function, its keys and its arguments."""

_UNDER_WAY = 4
_AT_ONCE = 100


class RoundTrips:
    """`send` carries out calls in their order; an answer that is an exception is one call's refusal."""

    def __init__(self, send: Callable[[Sequence[Call]], Awaitable[Sequence[Any]]]) -> None:
        self._send = send
        self._waiting: list[tuple[Call, asyncio.Future[Any]]] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, call: Call) -> Any:
        """The answer to one call. Raises its refusal, or what kept all that went together from an answer."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((call, answer))
        # Not at once: whoever else is awake now may have a call too.
        loop.call_soon(self._begin)
        return await answer

    def _begin(self) -> None:
        while self._waiting and len(self._under_way) < _UNDER_WAY:
            some, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            task = asyncio.get_running_loop().create_task(self._carry_out(some))
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _carry_out(self, some: Sequence[tuple[Call, asyncio.Future[Any]]]) -> None:
        wanted = [(call, answer) for call, answer in some if not answer.done()]
        try:
            answers = await self._send([call for call, _ in wanted]) if wanted else ()
        except Exception as error:  # noqa: BLE001  (whoever asked gets it)
            answers = [error] * len(wanted)
        except asyncio.CancelledError:
            for _, waiting in wanted:
                waiting.cancel()
            raise
        for (_, waiting), answer in zip(wanted, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)
