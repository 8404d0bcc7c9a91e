"""What the store holds at one moment, counted for metrics."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from services.notifier.connection import Connection
from services.notifier.identifiers import SYSTEM, key, tag_of_alert, tags

_SLICE = 1_000
_FIELDS = ("st", "tier", "quiet", "raised_at", "dom", "part")
_UNANSWERED = frozenset(("open", "notified"))


@dataclass(frozen=True, slots=True)
class Observation:
    """`open` counts alerts that hold by tier and state; the rest looks at those that page and wait for an
    answer. `relay_lag_s`: the age of the oldest entry that is not in the history yet, 0 without one.
    """

    open: Mapping[tuple[int, str], int]
    unanswered: Mapping[int, int]
    oldest_unanswered_s: Mapping[int, float]
    relay_lag_s: float
    orders_waiting: int


async def observe(connection: Connection) -> Observation:
    """Count. Raises `StoreUnavailable` where the connection has a limit to its patience."""
    alerts = await _live(connection)
    seconds, microseconds = await connection.repeated(lambda: connection.client.time())
    now_ms = int(seconds) * 1000 + int(microseconds) // 1000
    told = await _told_ms(connection)
    counted: Counter[tuple[int, str]] = Counter()
    unanswered: Counter[int] = Counter()
    oldest_s: dict[int, float] = {}
    for state, tier_text, quiet, raised_at, domain, partition in alerts:
        tier = int(tier_text or 0)
        counted[tier, state] += 1
        if state in _UNANSWERED and not quiet and raised_at:
            unanswered[tier] += 1
            now = now_ms if domain == "live" else told.get(partition, 0)
            oldest_s[tier] = max(oldest_s.get(tier, 0.0), (now - int(raised_at)) / 1000)
    lag_s, waiting = await _streams(connection, now_ms)
    return Observation(counted, unanswered, oldest_s, lag_s, waiting)


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

        async def load(part: list[tuple[str, str, str]] = part) -> list[list[str | None]]:
            pipeline = connection.client.pipeline(transaction=False)
            for alert, _, episode in part:
                pipeline.hmget(key(tag_of_alert(alert), "a", alert, episode), _FIELDS)
            return list(await pipeline.execute())

        found = await connection.repeated(load)
        alerts += [[value or "" for value in values] for values in found if values[0] is not None]
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


async def _streams(connection: Connection, now_ms: int) -> tuple[float, int]:
    """The relay's lag in seconds, and how many orders no sender has finished."""
    names = [key(tag, "rel") for tag in tags()]
    behind = cast(list[str | None], await connection.repeated(lambda: connection.client.mget(names)))

    async def attempt() -> list[object]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag, last in zip(tags(), behind, strict=True):
            pipeline.xrange(key(tag, "evt"), min=f"({last}" if last else "-", count=1)
            pipeline.xlen(key(tag, "out"))
        return list(await pipeline.execute())

    answers = await connection.repeated(attempt)
    oldest = [
        int(entries[0][0].split("-")[0]) for entries in answers[::2] if isinstance(entries, list) and entries
    ]
    lag_s = max(0.0, (now_ms - min(oldest)) / 1000) if oldest else 0.0
    return lag_s, sum(length for length in answers[1::2] if isinstance(length, int))
