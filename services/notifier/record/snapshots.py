"""Alerts as `alert-state` keeps them: taken from the store by the relay, and put back into an empty one."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from redis.exceptions import ResponseError

from schemas.alert_state import AlertSnapshot
from schemas.alerts import AlertState
from schemas.topics import ALERT_STATE, partition_of
from services.notifier.record.alert_state import fits
from services.notifier.store.connection import Connection
from services.notifier.store.damage import UNREADABLE
from services.notifier.store.identifiers import key, tag_of_alert
from services.notifier.store.lifecycle import LIVE
from services.notifier.store.round_trips import Call

log = logging.getLogger(__name__)
_LARGE = frozenset(("evidence", "sources", "implicated"))
_FACTS = _LARGE | frozenset(("text", "subjects", "because"))
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """Alerts as the store holds them, and the ids of those that are `damaged`."""

    snapshots: list[AlertSnapshot]
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reinstated:
    """The alerts that were put back, and those whose snapshot the store refused, by their ids."""

    alerts: tuple[str, ...]
    refused: tuple[str, ...]


async def taken(connection: Connection, alerts: Sequence[str]) -> Taken:
    """These alerts as the store holds them now; those that it does not hold are left out.

    A damaged one has none: that could not be put back, and would take the place of one that can.
    """
    calls: list[Call] = [("snapshot", [key(tag_of_alert(alert), "off")], [alert]) for alert in alerts]
    snapshots: list[AlertSnapshot] = []
    damaged: list[str] = []
    for alert, answer in zip(alerts, await connection.call_in_order(calls) if calls else (), strict=True):
        try:
            if isinstance(answer, ResponseError):
                raise ValueError(str(answer))
            if answer:
                snapshots.append(_snapshot(alert, answer))
        except UNREADABLE:
            damaged.append(alert)
    return Taken(snapshots, tuple(damaged))


def _snapshot(alert: str, answer: list[Any]) -> AlertSnapshot:
    episode, sequence, timer, flat = answer
    fields: dict[str, str] = dict(zip(flat[::2], flat[1::2], strict=True))
    state = AlertState(fields["st"])
    # The engine's record has the facts; of what is over they are not shown again.
    dropped = _LARGE if state in LIVE else _FACTS
    snapshot = AlertSnapshot(
        alert_id=alert,
        patient=fields["patient"],
        episode=int(episode),
        sequence=int(sequence),
        state=state,
        timer_ms=round(float(timer)) if timer else None,
        fields={name: value for name, value in fields.items() if name not in dropped},
    )
    if not fits(snapshot):
        raise ValueError("no store could take it")
    return snapshot


async def send_snapshots(producer: AIOKafkaProducer, snapshots: Iterable[AlertSnapshot]) -> None:
    """Write them, and wait for Kafka's word. Raises what Kafka raises."""
    partitions = len(await producer.partitions_for(ALERT_STATE.name))
    words = [
        await producer.send(
            ALERT_STATE.name,
            value=snapshot.model_dump_json().encode(),
            key=snapshot.alert_id.encode(),
            partition=partition_of(snapshot.patient, partitions),
        )
        for snapshot in snapshots
    ]
    for word in words:
        await word


async def reinstate(connection: Connection, snapshots: Sequence[AlertSnapshot]) -> Reinstated:
    """Put them back where the store knows less of an alert than its snapshot."""
    answers: list[Any] = []
    for start in range(0, len(snapshots), _AT_ONCE):
        calls = [_call(snapshot) for snapshot in snapshots[start : start + _AT_ONCE]]
        answers += await connection.call_in_order(calls)
    told = [(snapshot.alert_id, answer) for snapshot, answer in zip(snapshots, answers, strict=True)]
    refused = {alert: answer for alert, answer in told if isinstance(answer, ResponseError)}
    for alert, answer in refused.items():
        log.error("the store refused the snapshot of an alert: %s (%s)", alert, answer)
    return Reinstated(tuple(alert for alert, answer in told if answer == "reinstated"), tuple(refused))


def _call(snapshot: AlertSnapshot) -> Call:
    timer = "" if snapshot.timer_ms is None else snapshot.timer_ms
    arguments: list[str | int] = [snapshot.alert_id, snapshot.episode, snapshot.sequence, timer]
    arguments += [part for pair in snapshot.fields.items() for part in pair]
    return "reinstate", [key(tag_of_alert(snapshot.alert_id), "off")], arguments
