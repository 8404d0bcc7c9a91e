"""Alerts whose timers are due, and carrying out what was decided about them, as typed calls to the store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from schemas.base import TimeDomain
from services.notifier.alerts import instant
from services.notifier.findings.change import milliseconds
from services.notifier.policy.deciding import Subject
from services.notifier.policy.plan import Plan, Target
from services.notifier.store.connection import Connection
from services.notifier.store.damage import UNREADABLE
from services.notifier.store.identifiers import SYSTEM_PATIENT, key, tag_of_alert, tags
from services.notifier.timers.escalation import Close, Decision, Due, Expire, Tell, Wait

_SLICE = 500
_AT_ONCE = 50
"""Due alerts of a shard at once: enough to share the way and the sync of the store's log, and few enough that
the store does nothing else for some milliseconds only and needs little memory for what it notes meanwhile."""


_ASIDE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Found:
    """What is due, and the names in the store of those alerts that cannot be read."""

    due: list[Due]
    damaged: list[str]


@dataclass(frozen=True, slots=True)
class Watch:
    """How many alerts hold, and those of them that page and have no timer: there should be none; `damaged`
    cannot be read.
    """

    live: int
    unwatched: tuple[Due, ...]
    damaged: tuple[str, ...]


def _due_of(row: Sequence[str]) -> Due:
    (alert, episode, revision, state, step, level, unpaged, plan, holder, told, tier, ward, check, patient,
     now, told_at, acks) = row  # fmt: skip
    return Due(
        alert=alert,
        episode=int(episode),
        revision=int(revision),
        state=state,
        step=int(step),
        level=int(level),
        unpaged=unpaged == "1",
        plan=Plan.from_json(plan) if plan else None,
        holder=holder,
        told=tuple(Target.of(name) for name in told.split(",") if name),
        subject=Subject(ward, int(tier), check, patient == SYSTEM_PATIENT, patient),
        now=instant(now),
        told_at=instant(told_at) if told_at != "0" else None,
        acks=tuple(name for name in acks.split(",") if name),
    )


def _read(rows: Iterable[Sequence[str]], unread: Iterable[str]) -> Found:
    """What the rows say; those that make no sense are as what the store itself could not read."""
    found = Found([], list(unread))
    for row in rows:
        try:
            found.due.append(_due_of(row))
        except UNREADABLE:
            found.damaged.append(f"{row[0]}|{row[1]}")
    return found


def _fire_arguments(due: Due, decision: Decision) -> list[str | int]:
    seen: list[str | int] = [due.alert, due.episode, due.revision, due.state, due.step, due.level]
    plan = decision.plan.as_json()
    match decision:
        case Tell():
            return [*seen, "page", plan, ",".join(map(str, decision.targets)), decision.level, "", "", ""]
        case Wait():
            until = milliseconds(decision.until)
            return [*seen, "wait", plan, "", "", until, decision.held, decision.silence]
        case Expire():
            return [*seen, "expire", plan, "", "", "", "", ""]
        case Close():
            return [*seen, "close", plan, "", "", "", "", ""]


class DueAlerts:
    """Every call may be repeated without effect."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(
        self, domain: TimeDomain, partition: int | str, now_ms: int, shards: tuple[str, ...]
    ) -> Found:
        """Some dozens of each shard, the longest due first. `now_ms` counts only in simulated time; live
        alerts follow the store's own clock. Timers stay until something is carried out; one whose alert
        cannot be read is set aside for a minute.
        """
        args: list[str | int] = [domain.value, partition, now_ms, _AT_ONCE]
        keys = [[key(tag, "due", domain.value, str(partition))] for tag in shards]
        answers = await self._connection.call_each("due", [(names, args) for names in keys])
        all_found = Found([], [])
        for names, (rows, unread) in zip(keys, answers, strict=True):
            found = _read(rows, unread)
            if found.damaged:
                aside: list[str | int] = [domain.value, partition, _ASIDE_MS, *found.damaged]
                await self._connection.call("set_aside", names, aside)
            all_found.due.extend(found.due)
            all_found.damaged.extend(found.damaged)
        return all_found

    async def carry_out(self, decisions: Sequence[tuple[Due, Decision]]) -> list[str]:
        """For each "done", "waits", "changed" where the alert is not any more as it was looked at, or
        "failed" where the store could not do it. All of a shard are one call.
        """
        arguments: dict[str, list[str | int]] = {}
        places: dict[str, list[int]] = {}
        for place, (due, decision) in enumerate(decisions):
            tag = tag_of_alert(due.alert)
            arguments.setdefault(tag, []).extend(_fire_arguments(due, decision))
            places.setdefault(tag, []).append(place)
        if not arguments:
            return []
        calls = [([key(tag, "off")], args) for tag, args in arguments.items()]
        answers = await self._connection.call_each("fire_each", calls)
        found = dict(zip(chain(*places.values()), chain(*answers), strict=True))
        return [str(found[place]) for place in range(len(decisions))]

    async def look_over(self) -> Watch:
        """Look at every alert that holds. The cost grows with those, not with what is over."""
        live = 0
        unwatched: list[Due] = []
        damaged: list[str] = []
        for tag in tags():
            start = 0
            while True:
                args: list[str | int] = [start, start + _SLICE - 1]
                seen, rows, unread = await self._connection.call("unwatched", [key(tag, "off")], args)
                live += int(seen)
                found = _read(rows, unread)
                unwatched += found.due
                damaged += found.damaged
                if int(seen) < _SLICE:
                    break
                start += _SLICE
        return Watch(live, tuple(unwatched), tuple(damaged))

    async def watch(self, due: Due, plan: Plan) -> bool:
        """Give an alert that has none its timer, and its plan; whether that was needed."""
        args: list[str | int] = [due.alert, due.episode, plan.as_json()]
        answer: Any = await self._connection.call("watch", [key(tag_of_alert(due.alert), "off")], args)
        return str(answer) == "watched"
