"""Questions to the store: which alerts there are, which one a person means, and what became of it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError

from schemas.base import TimeDomain
from services.notifier.alerts import Alert, alert_of, instant
from services.notifier.store.connection import Connection
from services.notifier.store.damage import UNREADABLE, are_counts
from services.notifier.store.identifiers import SYSTEM, key, tag_of, tag_of_alert, tags

log = logging.getLogger(__name__)
_SLICE = 500


class UnknownAlert(LookupError):
    """No alert has an id that begins so."""


class DamagedAlert(UnknownAlert):
    """What the store holds of it makes no sense."""


class AmbiguousAlert(LookupError):
    """Several alerts have an id that begins so."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One entry of an alert's audit trail."""

    sequence: int
    at: datetime
    event: str
    state: str
    episode: int
    revision: int
    actor: str
    note: str
    because: str


class AlertReader:
    """Reads; changes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = connection.client

    async def _members(self, lists: tuple[str, ...]) -> list[tuple[str, int]]:
        async def attempt() -> list[list[str]]:
            pipeline = self._client.pipeline(transaction=False)
            for tag in tags():
                for name in lists:
                    pipeline.zrange(key(tag, name), 0, -1)
            return list(await pipeline.execute())

        members = [member for found in await self._connection.repeated(attempt) for member in found]
        split = (member.rpartition("|") for member in members)
        return [(alert, int(episode)) for alert, _, episode in split]

    async def _load(self, wanted: list[tuple[str, int]]) -> tuple[list[Alert], list[str]]:
        """The alerts, and the ids of those that cannot be read."""
        alerts: list[Alert] = []
        damaged: list[str] = []
        for start in range(0, len(wanted), _SLICE):
            part = wanted[start : start + _SLICE]

            def ask(pipeline: Pipeline, part: list[tuple[str, int]] = part) -> None:
                for alert, episode in part:
                    pipeline.hgetall(key(tag_of_alert(alert), "a", alert, str(episode)))

            for (alert, episode), fields in zip(part, await self._connection.each(ask), strict=True):
                if isinstance(fields, ResponseError):
                    damaged.append(alert)
                    continue
                if not fields:
                    continue
                try:
                    alerts.append(alert_of(alert, episode, fields))
                except UNREADABLE:
                    damaged.append(alert)
        for alert in damaged:
            log.error("an alert in the store cannot be read: %s", alert)
        return alerts, damaged

    async def alerts(self, *, closed: bool = False) -> list[Alert]:
        """Alerts that hold, loudest tier first, then oldest; with `closed` also those that are over.

        One that cannot be read is logged as an error, and hides no other.
        """
        found, _ = await self._load(await self._members(("live", "done") if closed else ("live",)))
        return sorted(
            found, key=lambda a: (not a.live, a.tier, a.raised_at.timestamp() if a.raised_at else 0, a.id)
        )

    async def beside(self, patient: str) -> list[str]:
        """The ids of alerts that hold in a patient's shard, that patient's among them; nothing else."""
        name = key(tag_of(patient), "live")
        members = await self._connection.repeated(lambda: self._client.zrange(name, 0, -1))
        return [str(member).rpartition("|")[0] for member in members]

    async def find(self, prefix: str) -> Alert:
        """The newest episode of the alert whose id begins with `prefix`.

        Raises `UnknownAlert`, `AmbiguousAlert`.
        """
        newest: dict[str, int] = {}
        for alert, episode in await self._members(("live", "done")):
            if alert.startswith(prefix):
                newest[alert] = max(episode, newest.get(alert, 0))
        if not newest:
            raise UnknownAlert(f"no alert has an id that begins with {prefix!r}")
        if prefix not in newest and len(newest) > 1:
            raise AmbiguousAlert(
                f"{len(newest)} alerts have an id that begins with {prefix!r}: give more of it"
            )
        name = prefix if prefix in newest else next(iter(newest))
        return await self.exactly(name)

    async def exactly(self, alert: str) -> Alert:
        """The newest episode of this very alert. Raises `UnknownAlert`, `DamagedAlert`."""
        name = key(tag_of_alert(alert), "i", alert)
        (counts,) = await self._connection.each(lambda pipeline: pipeline.hmget(name, ("ep", "seq")))
        episode, sequence = ("?", "?") if isinstance(counts, ResponseError) else counts
        whole = are_counts(episode, sequence)
        found, damaged = await self._load([(alert, int(episode))]) if whole and episode else ([], [])
        if not whole:
            log.error("an alert in the store cannot be read: %s", alert)
        if damaged or not whole:
            raise DamagedAlert(f"alert {alert} cannot be read: what the store holds of it makes no sense")
        if not found:
            raise UnknownAlert(f"there is no alert {alert}")
        return found[0]

    async def due(self, alerts: Sequence[Alert]) -> list[datetime | None]:
        """When time alone changes something, for each by its own clock; None where it never does."""

        async def attempt() -> list[float | None]:
            pipeline = self._client.pipeline(transaction=False)
            for alert in alerts:
                timers = key(tag_of_alert(alert.id), "due", alert.domain.value, alert.partition)
                pipeline.zscore(timers, f"{alert.id}|{alert.episode}")
            return list(await pipeline.execute())

        scores = await self._connection.repeated(attempt) if alerts else []
        return [None if score is None else instant(round(score)) for score in scores]

    async def history(self, alert: str) -> list[HistoryLine]:
        """The audit trail of an alert, oldest first, as far as it is still in the store."""
        tag = tag_of_alert(alert)
        ids = await self._connection.repeated(lambda: self._client.lrange(key(tag, "h", alert), 0, -1))

        async def attempt() -> list[list[tuple[str, dict[str, str]]]]:
            pipeline = self._client.pipeline(transaction=False)
            for entry in ids:
                pipeline.xrange(key(tag, "evt"), entry, entry)
            return list(await pipeline.execute())

        entries = [fields for found in await self._connection.repeated(attempt) for _, fields in found]
        return [_line(fields) for fields in entries]

    async def now(self, alert: Alert) -> datetime:
        """The present by the clock that this alert lives by.

        The server's, or the time told to its partition.
        """
        if alert.domain is TimeDomain.SIMULATED:
            reached = []
            for tag in (tag_of_alert(alert.id), SYSTEM):
                told = await self._connection.fields(key(tag, "clock"))
                reached.append(int(told.get(alert.partition, 0)))
            return instant(max(reached))
        seconds, microseconds = await self._connection.repeated(lambda: self._client.time())
        return instant(int(seconds) * 1000 + int(microseconds) // 1000)


def _line(fields: dict[str, str]) -> HistoryLine:
    return HistoryLine(
        sequence=int(fields["sequence"]),
        at=instant(fields["at"]),
        event=fields["event"],
        state=fields["state"],
        episode=int(fields["episode"]),
        revision=int(fields["revision"]),
        actor=fields["actor"],
        note=fields["note"],
        because=fields["because"],
    )
