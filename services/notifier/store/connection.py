"""The way to Redis: two clients, our own repetition, and the function library on every connection.

House rules:
1. The client library never repeats a write by itself. We repeat, with the same arguments, and every
   function gives the same answer to a repetition. A time-out therefore costs nothing but time.
2. The library is loaded on every new connection and whenever the server says it does not know a function,
   because a server may have been restarted, emptied (FUNCTION FLUSH) or replaced at any moment.
3. What the server says of itself (loading, out of memory, disk full, read-only) is waited out; it is never
   an answer to the caller.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from services.notifier.store.cancelling import cancellable
from services.notifier.store.library import function, source
from services.notifier.store.round_trips import Call, RoundTrips
from services.transit.redis import RedisServer, RedisWhere, redis_server

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
STREAM_BLOCK_MS = 2_000
_SOCKET_TIMEOUT_S = 4.0
_CONNECT_TIMEOUT_S = 2.0
_BACKOFF_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
_WAIT_OUT = ("LOADING ", "BUSY ", "MISCONF ", "NOREPLICAS ", "TRYAGAIN ")


class StoreUnavailable(Exception):
    """Redis did not answer in the time that the caller was ready to wait."""


async def load_library(client: Redis) -> None:
    """Load the function library of this build."""
    await client.function_load(source(), replace=True)


async def _greet(connection: AbstractConnection) -> None:
    await connection.on_connect()
    await connection.send_command("FUNCTION", "LOAD", "REPLACE", source())
    try:
        await connection.read_response()
    except ResponseError as error:
        # A store that takes no writes takes no library either, and can still be read.
        if not _must_wait(error):
            raise


def _client(server: RedisServer, connections: int) -> Redis:
    pool = BlockingConnectionPool.from_url(
        server.url,
        **server.client(),
        max_connections=connections,
        timeout=_SOCKET_TIMEOUT_S,
        decode_responses=True,
        socket_timeout=_SOCKET_TIMEOUT_S,
        socket_connect_timeout=_CONNECT_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        redis_connect_func=_greet,
    )
    pool.connection_class = cancellable(server.encrypted() or pool.connection_class)
    return Redis(connection_pool=pool)


def is_refusal(error: Exception) -> bool:
    """Whether this is what a function says, and not the server of itself."""
    return isinstance(error, ResponseError) and not (
        isinstance(error, NoPermissionError) or _must_wait(error) or _is_unknown(error)
    )


def _but_refusals(answers: Sequence[Any]) -> list[Any]:
    """The answers, some of which may be refusals. Raises what the server says of itself."""
    for answer in answers:
        if isinstance(answer, Exception) and not is_refusal(answer):
            raise answer
    return list(answers)


def _is_unknown(error: ResponseError) -> bool:
    return "Function not found" in str(error)


def _must_wait(error: ResponseError) -> bool:
    if isinstance(error, OutOfMemoryError | ReadOnlyError | MasterDownError):
        return True
    return any(code in str(error) for code in _WAIT_OUT)


class Connection:
    """Calls that are repeated until they are answered, or until `patience_s` is over.

    `patience_s` None waits for ever (services); a command line waits seconds. Blocking reads of streams
    have their own client, so that they never hold up a write.
    """

    def __init__(self, where: RedisWhere, *, patience_s: float | None = None, connections: int = 16) -> None:
        server = redis_server(where)
        self.client = _client(server, connections)
        self.streams = _client(server, 4)
        self._round_trips = RoundTrips(self._send)
        self.patience_s = patience_s
        self.lost_since: float | None = None

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()
        await self.client.connection_pool.disconnect()
        await self.streams.aclose()
        await self.streams.connection_pool.disconnect()

    async def call(self, name: str, keys: list[str], args: list[str | int]) -> Any:
        """The answer of one of our functions.

        Raises `ResponseError` for its refusals, else `StoreUnavailable`.
        """
        return await self.repeated(lambda: self._round_trips.ask((name, keys, args)))

    async def _send(self, calls: Sequence[Call]) -> list[Any]:
        """The answers and refusals of calls, by one connection and in their order."""
        pipeline = self.client.pipeline(transaction=False)
        for name, keys, args in calls:
            pipeline.fcall(function(name), len(keys), *keys, *args)
        return list(await pipeline.execute(raise_on_error=False))

    async def call_each(self, name: str, calls: list[tuple[list[str], list[str | int]]]) -> list[Any]:
        """The answers of one function for several shards, in one round trip."""

        async def attempt() -> list[Any]:
            answers = await self._send([(name, keys, args) for keys, args in calls])
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
            return answers

        return await self.repeated(attempt)

    async def call_in_order(self, calls: Sequence[Call]) -> list[Any | ResponseError]:
        """The answers of several of our functions, carried out in this order: they go by one connection.

        A call that is refused has its refusal for an answer, and does not keep back those behind it.
        """

        async def attempt() -> list[Any]:
            answers = await self._send(calls)
            return _but_refusals(answers)

        return await self.repeated(attempt)

    async def each(self, ask: Callable[[Pipeline], object]) -> list[Any | ResponseError]:
        """The answers to the reads that `ask` puts into a pipeline. What is of another type than asked for
        has its refusal for an answer, and keeps no other from being read.
        """

        async def attempt() -> list[Any]:
            pipeline = self.client.pipeline(transaction=False)
            ask(pipeline)
            return _but_refusals(await pipeline.execute(raise_on_error=False))

        return await self.repeated(attempt)

    async def fields(self, name: str) -> dict[str, str]:
        """A whole hash; empty when there is none."""
        return cast(dict[str, str], await self.repeated(lambda: self.client.hgetall(name)))

    async def entries(self, stream: str) -> list[tuple[str, dict[str, str]]]:
        """All entries of a stream, oldest first."""
        found = await self.repeated(lambda: self.client.xrange(stream))
        return cast(list[tuple[str, dict[str, str]]], found or [])

    async def drop_field(self, names: list[str], field: str) -> None:
        """Remove one field from several hashes."""

        async def attempt() -> None:
            pipeline = self.client.pipeline(transaction=False)
            for name in names:
                pipeline.hdel(name, field)
            await pipeline.execute()

        await self.repeated(attempt)

    async def repeated(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of `attempt`, which must be harmless to repeat. Raises like `call`."""
        clock = asyncio.get_running_loop().time
        started, failures = clock(), 0
        while True:
            try:
                answer = await attempt()
            except (AuthenticationError, AuthorizationError, NoPermissionError):
                raise
            except (RedisConnectionError, RedisTimeoutError, OSError) as error:
                reason: Exception = error
            except ResponseError as error:
                if _is_unknown(error):
                    await self.repeated(lambda: load_library(self.client))
                    continue
                if not _must_wait(error):
                    raise
                reason = error
            else:
                self.lost_since = None
                return answer
            if self.lost_since is None:
                self.lost_since = clock()
                log.warning("redis does not answer (%s); repeating", type(reason).__name__)
            if self.patience_s is not None and clock() - started > self.patience_s:
                raise StoreUnavailable(f"Redis did not answer within {self.patience_s:g} s") from reason
            await asyncio.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)] * random.uniform(0.5, 1.0))
            failures += 1
