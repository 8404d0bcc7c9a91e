"""What the store holds at one moment, counted for metrics."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError

from schemas.base import TimeDomain
from services.notifier.store.connection import Connection
from services.notifier.store.damage import are_counts
from services.notifier.store.identifiers import SYSTEM, key, tag_of_alert, tags
from services.notifier.together.counting import NO_LOW_PAGES, LowPages, low_pages

_SLICE = 200
"""At a time, so that a page is not kept waiting while thousands of alerts are counted."""

_FIELDS = ("st", "tier", "quiet", "raised_at", "dom", "part")
_UNREADABLE = "unreadable"
"""Stands for the state of an alert that makes no sense; it is counted under tier 0."""

Entries = list[tuple[str, dict[str, str]]]
_UNANSWERED = frozenset(("open", "notified"))


@dataclass(frozen=True, slots=True)
class Observation:
    """`open` counts alerts that hold by tier and state; `unanswered` those that page and wait for an answer.

    Ages, 0 without one: of the oldest entry that is not in the history yet, of the oldest order that no
    sender has finished, and how long ago the oldest live timer was due. `low`: pages that wait for others.
    """

    open: Mapping[tuple[int, str], int]
    unanswered: Mapping[int, int]
    oldest_unanswered_s: Mapping[int, float]
    relay_lag_s: float
    orders_waiting: int
    oldest_order_s: float
    overdue_s: float
    low: LowPages = NO_LOW_PAGES


async def observe(connection: Connection, partitions: int) -> Observation:
    """Count; `partitions`: how many the findings have.

    Raises `StoreUnavailable` where the connection has a limit to its patience.
    """
    alerts = await _live(connection)
    seconds, microseconds = await connection.repeated(lambda: connection.client.time())
    now_ms = int(seconds) * 1000 + int(microseconds) // 1000
    told = await _told_ms(connection)
    counted: Counter[tuple[int, str]] = Counter()
    unanswered: Counter[int] = Counter()
    oldest_s: dict[int, float] = {}
    for state, tier_text, quiet, raised_at, domain, partition in alerts:
        if state == _UNREADABLE or not are_counts(tier_text or None, raised_at or None):
            counted[0, _UNREADABLE] += 1
            continue
        tier = int(tier_text or 0)
        counted[tier, state] += 1
        if state in _UNANSWERED and not quiet and raised_at:
            unanswered[tier] += 1
            now = now_ms if domain == "live" else told.get(partition, 0)
            oldest_s[tier] = max(oldest_s.get(tier, 0.0), (now - int(raised_at)) / 1000)
    return Observation(
        counted,
        unanswered,
        oldest_s,
        await _relay_lag_s(connection, now_ms),
        *await _orders(connection, now_ms),
        await _overdue_s(connection, now_ms, partitions),
        await low_pages(connection),
    )


async def _live(connection: Connection) -> list[list[str]]:
    async def members() -> list[list[str]]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag in tags():
            pipeline.zrange(key(tag, "live"), 0, -1)
        return list(await pipeline.execute())

    wanted = [member.rpartition("|") for found in await connection.repeated(members) for member in found]
    alerts: list[list[str]] = []
    for start in range(0, len(wanted), _SLICE):
        part = wanted[start : start + _SLICE]

        def load(pipeline: Pipeline, part: list[tuple[str, str, str]] = part) -> None:
            for alert, _, episode in part:
                pipeline.hmget(key(tag_of_alert(alert), "a", alert, episode), _FIELDS)

        for values in await connection.each(load):
            if isinstance(values, ResponseError):
                alerts.append([_UNREADABLE, *[""] * (len(_FIELDS) - 1)])
            elif values[0] is not None:
                alerts.append([value or "" for value in values])
    return alerts


async def _told_ms(connection: Connection) -> dict[str, int]:
    """The simulated time that each partition has reached."""

    async def attempt() -> list[dict[str, str]]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag in (*tags(), SYSTEM):
            pipeline.hgetall(key(tag, "clock"))
        return list(await pipeline.execute())

    reached: dict[str, int] = {}
    for clock in await connection.repeated(attempt):
        for partition, at in clock.items():
            reached[partition] = max(int(at), reached.get(partition, 0))
    return reached


async def _relay_lag_s(connection: Connection, now_ms: int) -> float:
    names = [key(tag, "rel") for tag in tags()]
    behind = cast(list[str | None], await connection.repeated(lambda: connection.client.mget(names)))

    async def attempt() -> list[Entries]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag, last in zip(tags(), behind, strict=True):
            pipeline.xrange(key(tag, "evt"), min=f"({last}" if last else "-", count=1)
        return list(await pipeline.execute())

    return _oldest_s(await connection.repeated(attempt), now_ms)


async def _orders(connection: Connection, now_ms: int) -> tuple[int, float]:
    """How many orders no sender has finished, and the age of the oldest in seconds."""

    async def lengths() -> list[int]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag in tags():
            pipeline.xlen(key(tag, "out"))
        return list(await pipeline.execute())

    async def oldest() -> list[Entries]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag in tags():
            pipeline.xrange(key(tag, "out"), count=1)
        return list(await pipeline.execute())

    waiting = sum(await connection.repeated(lengths))
    return waiting, _oldest_s(await connection.repeated(oldest), now_ms)


async def _overdue_s(connection: Connection, now_ms: int, partitions: int) -> float:
    """How long ago the oldest timer of live alerts was due, in seconds."""
    names = [*map(str, range(partitions)), "-"]

    async def attempt() -> list[list[tuple[str, float]]]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag in tags():
            for name in names:
                pipeline.zrange(key(tag, "due", TimeDomain.LIVE.value, name), 0, 0, withscores=True)
        return list(await pipeline.execute())

    due = [first[0][1] for first in await connection.repeated(attempt) if first]
    return max(0.0, (now_ms - min(due)) / 1000) if due else 0.0


def _oldest_s(found: list[Entries], now_ms: int) -> float:
    """The age of the oldest of these entries of streams, whose ids begin with milliseconds."""
    began = [int(entries[0][0].partition("-")[0]) for entries in found if entries]
    return max(0.0, (now_ms - min(began)) / 1000) if began else 0.0
