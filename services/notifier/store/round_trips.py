"""Calls that come while others are under way go together: one write, one sync of the store's disk for all of
them, one read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.exceptions import DataError, RedisError

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
            answers = await self._answers([call for call, _ in wanted]) if wanted else ()
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

    async def _answers(self, calls: Sequence[Call]) -> Sequence[Any]:
        try:
            return await self._send(calls)
        except Exception as error:  # noqa: BLE001  (whoever asked gets it)
            if len(calls) == 1 or _is_of_the_way(error):
                return [error] * len(calls)
        # One of them cannot be sent, or its answer cannot be read: alone, each has what is its own.
        return [answer for call in calls for answer in await self._answers([call])]


def _is_of_the_way(error: Exception) -> bool:
    """Whether it says something of the connection or the server, and nothing of a call."""
    return isinstance(error, RedisError | OSError) and not isinstance(error, DataError)
