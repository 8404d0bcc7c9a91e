"""Silences in the store, as typed calls. They lie with the technical alerts, and have a history like them."""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.alerts import instant
from services.notifier.policy.silences import Silence
from services.notifier.store.alert_store import Answer
from services.notifier.store.connection import Connection
from services.notifier.store.damage import UNREADABLE
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id, key, tag_of, tags

log = logging.getLogger(__name__)
_TAG = tag_of(SYSTEM_PATIENT)
_PREFIX = alert_id(SYSTEM_PATIENT, "silence-")


@dataclass(frozen=True, slots=True)
class Kept:
    """A silence as the store has it. `ended`: it is over, perhaps before its time."""

    silence: Silence
    ended: bool


@dataclass(frozen=True, slots=True)
class HeldBack:
    """How many alerts a silence has let wait in all, and how many of these wait for it now."""

    total: int
    now: int


class Silences:
    """Every call may be repeated without effect."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin(
        self, ward: str, check: str, reason: str, actor: str, lasts: timedelta
    ) -> tuple[str, Answer]:
        """A new silence from now on; its id, and the answer: done (detail: its end in milliseconds), or
        refused (actor-unknown, actor-role, ward-unknown, too-long).
        """
        name, hours = uuid.uuid4().hex[:8], lasts / timedelta(hours=1)
        text = f"Alerts of tier 3 of {check} on ward {ward} wait for {hours:g} h: {reason}"
        args: list[str | int] = [
            uuid.uuid4().hex, f"{_PREFIX}{name}", ward, check, reason, actor,
            round(lasts.total_seconds() * 1000), text,
        ]  # fmt: skip
        result, detail = await self._connection.call("silence", [key(_TAG, "off")], args)
        return name, Answer(result, detail)

    async def end(self, name: str, actor: str, note: str = "") -> Answer:
        """End one, and let go what waits for it. Without an `actor` its time has ended it.

        The answer: done, over, unknown, or refused (actor-unknown, actor-role).
        """
        args: list[str | int] = [f"{_PREFIX}{name}", actor, note]
        result, detail = await self._connection.call("end_silence", [key(_TAG, "off")], args)
        if result == "done":
            await self.release(name)
        return Answer(result, detail)

    async def release(self, name: str) -> int:
        """Let go what waits for a silence that is over; how many alerts go on at once."""
        calls: list[tuple[list[str], list[str | int]]] = [([key(tag, "off")], [name]) for tag in tags()]
        return sum(int(count) for count in await self._connection.call_each("release", calls))

    async def all(self, *, ended: bool = False) -> list[Kept]:
        """Those that hold, the first to end first; with `ended` also those that are over."""
        found: list[Kept] = []
        for name, over in (("live", False), ("done", True))[: 1 + ended]:

            async def members(name: str = name) -> list[str]:
                return [str(m) for m in await self._connection.client.zrange(key(_TAG, name), 0, -1)]

            for member in await self._connection.repeated(members):
                alert, _, episode = member.rpartition("|")
                if alert.startswith(_PREFIX):
                    fields = await self._connection.fields(key(_TAG, "a", alert, episode))
                    try:
                        found += [Kept(_silence(alert, fields), over)] if "silenced" in fields else []
                    except UNREADABLE:
                        log.error("a silence in the store cannot be read, and lets nothing wait: %s", alert)
        return sorted(found, key=lambda kept: (kept.silence.ends, kept.silence.id))

    async def held_back(self, name: str) -> HeldBack:
        """What a silence has kept quiet in 31 days; after a loss of the store, what it still keeps."""
        total = now = 0
        for tag in tags():

            async def members(tag: str = tag) -> list[str]:
                return [str(m) for m in await self._connection.client.smembers(key(tag, "held", name))]

            for alert in await self._connection.repeated(members):
                total += 1
                episode = (await self._connection.fields(key(tag, "i", alert))).get("ep", "")
                fields = await self._connection.fields(key(tag, "a", alert, episode))
                waits = fields.get("held_by") == name and fields.get("st") in ("open", "notified")
                now += waits
        return HeldBack(total, now)

    async def present(self) -> datetime:
        """The store's present, by which silences end."""
        seconds, microseconds = await self._connection.repeated(lambda: self._connection.client.time())
        return instant(int(seconds) * 1000 + int(microseconds) // 1000)


def _silence(alert: str, fields: dict[str, str]) -> Silence:
    return Silence(
        id=alert.removeprefix(_PREFIX),
        ward=fields["ward"],
        check=fields["silenced"],
        reason=fields["why"],
        by=fields["by"],
        begins=instant(fields["raised_at"]),
        ends=instant(fields["ends"]),
    )
