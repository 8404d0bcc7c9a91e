"""The alert store: what the functions do, as typed calls. All writes go through here.

Keys (one shard per tag, all inside `dw:{tag}:`): `a:ID:EPISODE` the alert, `i:ID` its newest episode and
history counter, `h:ID` its entries in `evt`, `live` and `done` the lists, `due:DOMAIN:PARTITION` timers (see
due.py), `evt` the audit trail, `out` orders for senders, `d:DELIVERY` what became of one, `off` offsets
applied, `cmd:KEY` stored answers, `rel` the last entry relayed to Kafka, `clock` told time per partition,
`sources` when each was heard, `powers` who may answer, `epoch` which store this is, `again` up to which
offsets a store that was lost may have applied records.
"""

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis.exceptions import ResponseError

from schemas.alerts import ActionKind, AlertAction
from schemas.base import TimeDomain
from services.notifier.alerts import Alert, instant
from services.notifier.findings.change import Change, Origin, milliseconds
from services.notifier.record.memory import Memory
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import SYSTEM, key, tag_of_alert, tags
from services.notifier.store.lifecycle import Event, IllegalMove
from services.notifier.store.powers import Powers
from services.notifier.store.round_trips import Call

ALL_TAGS = (*tags(), SYSTEM)
Epochs = Mapping[str, str]
"""Which store each shard is; a shard that was emptied and begun anew has another epoch."""
_CLOCK_EVERY_S = 1.0
ANY_STORE = ""
"""Stands for an epoch where it does not matter which store it is."""

EVENTS = {
    ActionKind.ACKNOWLEDGE: Event.ACKNOWLEDGED,
    ActionKind.UNACKNOWLEDGE: Event.UNACKNOWLEDGED,
    ActionKind.DECLINE: Event.DECLINED,
    ActionKind.OVERRIDE: Event.OVERRIDDEN,
    ActionKind.HAND_OVER: Event.HANDED_OVER,
}


class StoreEmptied(Exception):
    """The store is not the one that the caller began with: everything must be read again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a person's action: done, stale, illegal (detail: the state), unknown or key-reused.

    Or refused, with the detail second-person, same-person, or who lacks what: actor-unknown, actor-role,
    second-unknown, second-role, receiver-unknown, receiver-role.
    """

    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A heartbeat as the store keeps it: which partition, which clock, and how far it was judged."""

    partition: int
    domain: TimeDomain
    watermark_ms: int | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Event `event` of `at_ms` counts as watching for an alert; the rest as in `MonitoringSeen`."""

    alert: str
    episode: int
    event: str
    at_ms: int
    replaces: str = ""
    taken_back: bool = False


class AlertStore:
    """Typed calls of the function library. Every one may be repeated without effect."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.powers: Powers | None = None
        self._looked: tuple[datetime, float] | None = None

    async def _call(self, name: str, keys: list[str], args: list[str | int]) -> str:
        try:
            return str(await self.connection.call(name, keys, args))
        except ResponseError as error:
            text = str(error)
            if text.startswith("DWEPOCH"):
                raise StoreEmptied(text) from error
            if text.startswith("DWILLEGAL"):
                _, state, event = text.split()[:3]
                raise IllegalMove(state, event) from error
            raise

    async def begin(self) -> Epochs:
        """The epochs of this store; an empty store gets new ones, and before anything else who may answer."""
        fresh = uuid.uuid4().hex
        await self.now_ms()
        if self.powers is not None:
            await self.powers.publish(self.connection)
        return {tag: await self._call("begin", [key(tag, "epoch")], [fresh]) for tag in ALL_TAGS}

    async def offsets(self, topic: str) -> dict[int, int]:
        """Per partition of `topic`, the offset up to which every record is done; one never read is missing.

        That is what was passed over last. A store of an older release, which applied one record
        after the other, may have none: there it is the last one applied.
        """
        passed = await self._read_offsets((SYSTEM,), topic)
        return await self._read_offsets(ALL_TAGS, topic) | passed

    async def furthest(self, topic: str) -> dict[int, int]:
        """Per partition of `topic`, the last offset applied anywhere; some before it may still be to do."""
        return await self._read_offsets(ALL_TAGS, topic)

    async def _read_offsets(self, shards: Iterable[str], topic: str) -> dict[int, int]:
        last: dict[int, int] = {}
        for tag in shards:
            for log, offset in (await self.connection.fields(key(tag, "off"))).items():
                name, _, partition = log.rpartition(":")
                if name == topic:
                    last[int(partition)] = max(int(offset), last.get(int(partition), -1))
        return last

    async def forget_offsets(self, topic: str, partition: int) -> None:
        """Read a partition's log from its beginning next time, because it is another log than before."""
        names = [key(tag, name) for tag in ALL_TAGS for name in ("off", "again")]
        await self.connection.drop_field(names, f"{topic}:{partition}")

    async def read_again(self, topic: str, partition: int, end: int) -> None:
        """This store was lost: of a partition's log what lies before offset `end` may have been applied. What
        is told because of it may be a repetition.
        """
        args: list[str | int] = [f"{topic}:{partition}", end]
        await self.connection.call_each("read_again", [([key(tag, "off")], args) for tag in tags()])

    async def apply(self, change: Change, epochs: Epochs) -> str:
        """Apply one record; the event that it made, or "replayed", "repeated" or "older".

        Raises `IllegalMove` and `StoreEmptied`; both leave everything as it was.
        """
        return await self._call("apply", change.keys(), change.arguments(epochs[change.tag]))

    async def apply_in_order(self, changes: Sequence[Change], epochs: Epochs) -> int:
        """Apply records of one partition, given in their order, in one round trip; how many of the first
        ones are done. The next one was refused: apply it, and those behind it, one after the other.

        Raises `StoreEmptied`, and what `Change.arguments` raises.
        """
        answers = await self.connection.call_in_order(_behind_each_other(changes, epochs))
        refusals = {place: str(a) for place, a in enumerate(answers) if isinstance(a, ResponseError)}
        for text in refusals.values():
            if text.startswith("DWEPOCH"):
                raise StoreEmptied(text)
        return min(refusals, default=len(answers))

    async def pass_over(self, origin: Origin, epochs: Epochs, heard: Heard | None = None) -> str:
        """Remember that a record was read which changes no alert, and that all before it in its partition are
        done; a heartbeat also leaves its time.
        """
        args: list[str | int] = [origin.log, origin.offset, epochs[SYSTEM]]
        if heard is not None:
            watermark = "" if heard.watermark_ms is None else heard.watermark_ms
            args += [heard.partition, heard.domain.value, watermark]
        return await self._call("pass_over", [key(SYSTEM, "off")], args)

    async def act(self, action: AlertAction) -> Answer:
        """Carry out what a person decided. The same `key` again gives the same answer and changes nothing."""
        tag = tag_of_alert(action.alert_id)
        args: list[str | int] = [
            action.key,
            action.alert_id,
            EVENTS[action.action].value,
            action.episode,
            action.revision,
            action.actor,
            action.note,
            action.second or "",
            action.reason or "",
            action.scope or "",
            (action.lasts_s or 0) * 1000,
            action.to or "",
            action.transition_id,
        ]
        result, detail = await self.connection.call("act", [key(tag, "off")], args)
        return Answer(result, detail)

    async def look(self, alert: Alert, person: str) -> None:
        """Somebody looked at an alert: kept in its history, and what they were told of it counts as read."""
        args: list[str | int] = [alert.id, alert.episode, person, uuid.uuid4().hex]
        await self._call("look", [key(tag_of_alert(alert.id), "off")], args)

    async def hear_of_monitoring(self, seen: Sequence[Measured]) -> list[str | ResponseError]:
        """What was measured that somebody may have promised to watch, in its order and in one round trip.

        For each "monitored" where a promise is kept by it, "taken back" where one that it had kept ends
        unkept, "nothing", or its refusal. Where event `replaces` had kept one, this one does in its place,
        or nothing does any more.
        """
        calls: list[Call] = []
        for one in seen:
            args: list[str | int] = [one.alert, one.episode, one.event, one.at_ms, int(one.taken_back)]
            calls.append(("monitored", [key(tag_of_alert(one.alert), "off")], [*args, one.replaces]))
        return await self.connection.call_in_order(calls)

    async def restore(self, memory: Memory) -> str:
        """Remember an alert of an emptied store.

        Its facts come with its record. Known alerts stay as they are.
        """
        return await self._call("restore", [key(tag_of_alert(memory.alert), "off")], memory.arguments())

    async def clear_away(self, closed_before_ms: int, most: int = 500) -> int:
        """Drop alerts that closed before a moment and whose history was relayed; how many."""
        counts = [await self._call("gc", [key(tag, "off")], [closed_before_ms, most]) for tag in tags()]
        return sum(int(count) for count in counts)

    async def told_times(self) -> dict[int, int]:
        """The simulated time in milliseconds that each partition has reached."""
        reached: dict[int, int] = {}
        for tag in ALL_TAGS:
            for partition, at in (await self.connection.fields(key(tag, "clock"))).items():
                reached[int(partition)] = max(int(at), reached.get(int(partition), 0))
        return reached

    async def now_ms(self) -> int:
        """The store's own clock, asked for now."""
        seconds, microseconds = await self.connection.repeated(lambda: self.connection.client.time())
        now = instant(int(seconds) * 1000 + int(microseconds) // 1000)
        self._looked = (now, time.monotonic())
        return milliseconds(now)

    async def look_at_clock(self) -> None:
        """Ask for the clock again where the last look is old. Raises `StoreUnavailable`."""
        if self._looked is None or time.monotonic() - self._looked[1] > _CLOCK_EVERY_S:
            await self.now_ms()

    def present(self) -> datetime:
        """The store's present: what its clock said last, and the time since then. Ours may be set meanwhile.

        Before the first look it is our own present.
        """
        if self._looked is None:
            return datetime.now(UTC)
        now, at = self._looked
        return now + timedelta(seconds=time.monotonic() - at)

    async def heartbeats(self) -> dict[int, int]:
        """When a heartbeat of each partition was last heard, by the store's clock, in milliseconds."""
        beats = await self.connection.fields(key(SYSTEM, "beat"))
        return {int(partition): int(at) for partition, at in beats.items()}


def _behind_each_other(changes: Sequence[Change], epochs: Epochs) -> list[Call]:
    """Each call waits for the one before it in its shard; so nothing is passed by, whoever sends it again."""
    calls: list[Call] = []
    came_to: dict[str, int] = {}
    for change in changes:
        name, first = "apply", list[str | int]()
        if change.tag in came_to:
            name, first = "apply_after", [came_to[change.tag]]
        calls.append((name, change.keys(), first + change.arguments(epochs[change.tag])))
        if change.origin is not None:
            came_to[change.tag] = change.origin.offset
    return calls
