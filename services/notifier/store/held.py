"""Which alerts the store lists as holding, with what a comparison needs of each."""

from dataclasses import dataclass

from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import key, tag_of_alert, tags

_SLICE = 1_000


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that the store lists as one that holds; `sequence` is that of its last history entry."""

    alert: str
    patient: str
    state: str
    sequence: int


async def held_alerts(connection: Connection) -> list[Held]:
    """All of them."""

    async def members() -> list[list[str]]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag in tags():
            pipeline.zrange(key(tag, "live"), 0, -1)
        return list(await pipeline.execute())

    listed = [member.rpartition("|") for found in await connection.repeated(members) for member in found]
    held: list[Held] = []
    for start in range(0, len(listed), _SLICE):
        part = listed[start : start + _SLICE]

        async def load(part: list[tuple[str, str, str]] = part) -> list[list[str | None]]:
            pipeline = connection.client.pipeline(transaction=False)
            for alert, _, episode in part:
                pipeline.hmget(key(tag_of_alert(alert), "a", alert, episode), ("patient", "st"))
            return list(await pipeline.execute())

        facts = await connection.repeated(load)
        counts = await sequences(connection, [alert for alert, _, _ in part])
        for (alert, _, _), (patient, state), sequence in zip(part, facts, counts, strict=True):
            if patient is not None and state is not None and sequence is not None:
                held.append(Held(alert, patient, state, sequence))
    return held


async def sequences(connection: Connection, alerts: list[str]) -> list[int | None]:
    """The last history entry of each alert as the store counts it; None for one that it does not know."""
    counts: list[int | None] = []
    for start in range(0, len(alerts), _SLICE):
        part = alerts[start : start + _SLICE]

        async def attempt(part: list[str] = part) -> list[str | None]:
            pipeline = connection.client.pipeline(transaction=False)
            for alert in part:
                pipeline.hget(key(tag_of_alert(alert), "i", alert), "seq")
            return list(await pipeline.execute())

        counts += [None if v is None else int(v) for v in await connection.repeated(attempt)]
    return counts
