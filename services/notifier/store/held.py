"""Which alerts the store lists as holding, with what a comparison needs of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError

from services.notifier.store.connection import Connection
from services.notifier.store.damage import are_counts
from services.notifier.store.identifiers import key, tag_of_alert, tags

_SLICE = 1_000


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that the store lists as one that holds; `sequence` is that of its last history entry."""

    alert: str
    patient: str
    state: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Sequences:
    """The last history entry by alert, as the store counts it; one that it does not know is missing.

    Of those that are `damaged` what the store counts makes no sense.
    """

    last: dict[str, int]
    damaged: tuple[str, ...]


async def held_alerts(connection: Connection) -> tuple[list[Held], list[str]]:
    """All of them that can be read, and the ids of those whose type or counts make no sense."""

    async def members() -> list[list[str]]:
        pipeline = connection.client.pipeline(transaction=False)
        for tag in tags():
            pipeline.zrange(key(tag, "live"), 0, -1)
        return list(await pipeline.execute())

    listed = [member.rpartition("|") for names in await connection.repeated(members) for member in names]
    held: list[Held] = []
    damaged: list[str] = []
    for start in range(0, len(listed), _SLICE):
        part = listed[start : start + _SLICE]

        def load(pipeline: Pipeline, part: list[tuple[str, str, str]] = part) -> None:
            for alert, _, episode in part:
                pipeline.hmget(key(tag_of_alert(alert), "a", alert, episode), ("patient", "st"))

        facts = await connection.each(load)
        counted = await sequences(connection, [alert for alert, _, _ in part])
        for (alert, _, _), found in zip(part, facts, strict=True):
            if isinstance(found, ResponseError):
                damaged.append(alert)
                continue
            patient, state = found
            if patient is not None and state is not None and alert in counted.last:
                held.append(Held(alert, patient, state, counted.last[alert]))
        damaged += counted.damaged
    return held, damaged


async def sequences(connection: Connection, alerts: Sequence[str]) -> Sequences:
    """How far the history of these alerts has come."""
    last: dict[str, int] = {}
    damaged: list[str] = []
    for start in range(0, len(alerts), _SLICE):
        part = alerts[start : start + _SLICE]

        def ask(pipeline: Pipeline, part: Sequence[str] = part) -> None:
            for alert in part:
                pipeline.hmget(key(tag_of_alert(alert), "i", alert), ("ep", "seq"))

        for alert, counts in zip(part, await connection.each(ask), strict=True):
            if isinstance(counts, ResponseError) or not are_counts(*counts):
                damaged.append(alert)
            elif counts[1] is not None:
                last[alert] = int(counts[1])
    return Sequences(last, tuple(damaged))
