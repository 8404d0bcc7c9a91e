"""A small core with the same duties as the medical one: it counts, and says so at every `EVERY`th event.

Counting is on purpose not idempotent: an event that is stepped twice, or not at all, gives a wrong count and
with it issues that nobody expects. An issue's id says what it is about, so that a repetition has the same id.

Events are JSON: {"p": patient, "n": number, "t": seconds}; "do" makes one fail in a particular way; without a
patient it is a sign of life of its source.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.safety.processor.changelog import Kind
from services.safety.processor.contract import Emit, Entity, Reject, Step, Trial, Undecodable
from services.stream.records import Record

EVERY = 7
REVIEW_AFTER = timedelta(seconds=300)
START = datetime(2150, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Toy:
    """Each of `facts` is an entity, all else lives in the header; `reviews` are instants that came due."""

    patient: str
    count: int = 0
    facts: frozenset[int] = frozenset()
    unreadable: frozenset[str] = frozenset()
    now: datetime = START
    review: datetime | None = None
    reviews: tuple[str, ...] = ()
    deed: str = ""


class ToyCore:
    """See the module; `review=False` for tests that need no time."""

    def __init__(self, review: bool = False) -> None:
        self._review = review
        self._newest: dict[int, datetime] = {}

    def decode(self, record: Record) -> dict[str, Any]:
        if record.value is None:
            raise Undecodable("no-value")
        try:
            event: dict[str, Any] = json.loads(record.value)
        except ValueError as error:
            raise Undecodable("not-json") from error
        if event.get("do") == "decode-raises":
            raise KeyError(event["p"])
        return event

    def note(self, partition: int, event: dict[str, Any]) -> bool:
        at = _at(event)
        if not event.get("tick"):
            self._newest[partition] = max(at, self._newest.get(partition, at))
        return "p" not in event

    def patient(self, event: dict[str, Any]) -> bytes:
        return str(event["p"]).encode()

    def step(self, partition: int, state: Toy | None, event: dict[str, Any]) -> Step[Toy]:
        if event.get("do") == "step-raises":
            raise ZeroDivisionError
        before = state or Toy(event["p"])
        after, emitted = self._reviewed(before, _at(event))
        if event.get("tick"):
            return Step(before if after == before else after, tuple(emitted))
        after = replace(
            after, count=after.count + 1, facts=after.facts | {event["n"]}, deed=event.get("do", after.deed)
        )
        if self._review:
            after = replace(after, review=after.now + REVIEW_AFTER)
        if after.count % EVERY == 0:
            emitted.append(issue(after.patient, f"count-{after.count}"))
        if event.get("do") == "says-too-much":
            emitted.append(Emit("issues", b"large", b"x" * 2_000_000))
        return Step(after, tuple(emitted), (Entity(Kind.FACT, str(event["n"])),))

    @staticmethod
    def _reviewed(before: Toy, at: datetime) -> tuple[Toy, list[Emit]]:
        now = max(before.now, at)
        if before.review is None or before.review > now:
            return replace(before, now=now), []
        due = before.review.isoformat()
        after = replace(before, now=now, review=None, reviews=(*before.reviews, due))
        return after, [issue(before.patient, f"review-{due}")]

    def rejected(self, state: Toy | None, reject: Reject) -> Step[Toy] | None:
        patient = (reject.record.key or b"").decode()
        about = f"{reject.record.partition}:{reject.record.offset}"
        before = state or Toy(patient)
        after = replace(before, unreadable=before.unreadable | {about}, deed="")
        return Step(after, (issue(patient, f"unreadable-{about}"),), ())

    def encode(self, state: Toy, changed: Collection[Entity]) -> Iterable[tuple[Entity, bytes | None]]:
        if state.deed == "encode-raises":
            raise OverflowError
        for entity in changed:
            yield entity, b"x" * 2_000_000 if state.deed == "keeps-too-much" else entity.id.encode()

    def header(self, state: Toy) -> bytes:
        return json.dumps(
            {
                "count": state.count,
                "now": state.now.isoformat(),
                "review": state.review and state.review.isoformat(),
                "reviews": state.reviews,
                "unreadable": sorted(state.unreadable),
            }
        ).encode()

    def next_review(self, state: Toy) -> datetime | None:
        return state.review

    def restore(
        self, patient: bytes, state: Toy | None, header: bytes | None, entities: Mapping[Entity, bytes |
        None], torn: bool,
    ) -> Toy:  # fmt: skip
        known = state or Toy(patient.decode())
        if header is not None:
            held = json.loads(header)
            known = replace(
                known, count=held["count"], now=datetime.fromisoformat(held["now"]),
                review=datetime.fromisoformat(held["review"]) if held["review"] else None,
                reviews=tuple(held["reviews"]), unreadable=frozenset(held["unreadable"]),
            )  # fmt: skip
        return replace(known, facts=known.facts | {int(entity.id) for entity in entities})

    def open_set(self, patient: bytes, state: Toy) -> Iterable[Emit]:
        told = state.count // EVERY * EVERY
        if told:
            yield issue(state.patient, f"count-{told}")

    def tick(self, partition: int, patient: bytes, due_at: datetime, now: datetime) -> tuple[bytes, bytes]:
        seconds = (now - START).total_seconds()
        return patient, json.dumps({"p": patient.decode(), "tick": True, "t": seconds}).encode()

    def watermark(self, partition: int) -> datetime | None:
        return self._newest.get(partition)

    def memory(self, partition: int) -> bytes:
        newest = self._newest.get(partition)
        return newest.isoformat().encode() if newest else b""

    def recall(self, partition: int, memory: bytes | None) -> None:
        self._newest.pop(partition, None)
        if memory:
            self._newest[partition] = datetime.fromisoformat(memory.decode())

    def activation(self, record: Record) -> str | None:
        return None

    def expect(self, partition: int, version: str) -> bool:
        return False

    def version(self, partition: int) -> str:
        return "toy"

    def standing(self, partition: int) -> str:
        return "toy"

    def trial(self, partition: int) -> Trial | None:
        return None

    def compare(self, trial: Trial, state: Toy, now: datetime) -> Iterable[str]:
        raise NotImplementedError

    def compared(self, partition: int, trial: Trial) -> None:
        raise NotImplementedError

    def weight(self, state: Toy) -> int:
        return len(state.facts)

    def outdated(self, partition: int, state: Toy) -> bool:
        return False

    def forget(self, partition: int) -> None:
        self._newest.pop(partition, None)


def _at(event: dict[str, Any]) -> datetime:
    return START + timedelta(seconds=event.get("t", 0))


def issue(patient: str, what: str) -> Emit:
    """The toy's word on `what`; the id is the key."""
    return Emit("issues", f"{patient}/{what}".encode(), json.dumps({"id": f"{patient}/{what}"}).encode())
