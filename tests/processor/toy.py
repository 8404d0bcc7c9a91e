"""A small core with the same duties as the medical one: it counts, and says so at every `EVERY`th event.

A patient's state is a count, the instant of its newest event and the reviews that came due. An issue's id says what
it is about, so that a repetition has the same id. Events are JSON: {"p": patient, "n": number, "t": seconds}; "do"
makes one fail in a particular way.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.safety.processor.changelog import Kind
from services.safety.processor.contract import Emit, Entity, Record, Reject, Step, Undecodable

EVERY = 7
REVIEW_AFTER = timedelta(seconds=1000)
START = datetime(2150, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Toy:
    """`facts`: event numbers seen (the idempotent part); `told`: counts said; `reviews`: instants reviewed."""

    patient: str
    facts: frozenset[int] = frozenset()
    unreadable: frozenset[str] = frozenset()
    now: datetime = START
    review: datetime | None = None
    reviews: tuple[str, ...] = ()
    note: str = ""


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
        at = self._at(event)
        if not event.get("tick"):
            self._newest[partition] = max(at, self._newest.get(partition, at))
        return "p" not in event

    def patient(self, event: dict[str, Any]) -> bytes:
        return str(event["p"]).encode()

    @staticmethod
    def _at(event: dict[str, Any]) -> datetime:
        return START + timedelta(seconds=event.get("t", 0))

    def step(self, state: Toy | None, event: dict[str, Any]) -> Step[Toy]:
        if event.get("do") == "step-raises":
            raise ZeroDivisionError
        before = state or Toy(event["p"])
        after, emitted = before, []
        now = max(before.now, self._at(event))
        while after.review is not None and after.review <= now:
            due = after.review
            emitted.append(_issue(after.patient, f"review-{due.isoformat()}"))
            after = replace(after, review=None, reviews=(*after.reviews, due.isoformat()))
        after = replace(after, now=now)
        if event.get("tick"):
            if after == before:
                return Step(before)
            return Step(after, tuple(emitted))
        if event["n"] in after.facts:
            return Step(after, tuple(emitted))
        after = replace(after, facts=after.facts | {event["n"]}, note=event.get("do", after.note))
        if self._review:
            after = replace(after, review=now + REVIEW_AFTER)
        if len(after.facts) % EVERY == 0:
            emitted.append(_issue(after.patient, f"count-{len(after.facts)}"))
        if event.get("do") == "says-too-much":
            emitted.append(Emit("issues", b"large", b"x" * 2_000_000))
        return Step(after, tuple(emitted), (Entity(Kind.FACT, str(event["n"])),))

    def rejected(self, state: Toy | None, reject: Reject) -> Step[Toy] | None:
        patient = (reject.record.key or b"").decode()
        before = state or Toy(patient)
        about = f"{reject.record.partition}:{reject.record.offset}"
        after = replace(before, unreadable=before.unreadable | {about}, note="")
        return Step(after, (_issue(patient, f"unreadable-{about}"),), ())

    def encode(self, state: Toy, changed: Collection[Entity]) -> Iterable[tuple[Entity, bytes | None]]:
        if state.note == "encode-raises":
            raise OverflowError
        for entity in changed:
            yield entity, b"x" * 2_000_000 if state.note == "keeps-too-much" else entity.id.encode()

    def header(self, state: Toy) -> bytes:
        return json.dumps(
            {
                "now": state.now.isoformat(),
                "review": state.review and state.review.isoformat(),
                "reviews": state.reviews,
                "unreadable": sorted(state.unreadable),
            }
        ).encode()

    def next_review(self, state: Toy) -> datetime | None:
        return state.review

    def restore(
        self, patient: bytes, state: Toy | None, header: bytes | None, entities: Mapping[Entity, bytes | None],
        torn: bool,
    ) -> Toy:  # fmt: skip
        known = state or Toy(patient.decode())
        if header is not None:
            held = json.loads(header)
            known = replace(
                known, now=datetime.fromisoformat(held["now"]), reviews=tuple(held["reviews"]),
                review=datetime.fromisoformat(held["review"]) if held["review"] else None,
                unreadable=frozenset(held["unreadable"]),
            )  # fmt: skip
        facts = set(known.facts)
        for entity, payload in entities.items():
            if payload is not None:  # a torn patient's newer facts as well: what they meant was told before
                facts.add(int(entity.id))
        return replace(known, facts=frozenset(facts))

    def open_set(self, patient: bytes, state: Toy) -> Iterable[Emit]:
        told = len(state.facts) // EVERY * EVERY
        if told:
            yield _issue(state.patient, f"count-{told}")

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

    def forget(self, partition: int) -> None:
        self._newest.pop(partition, None)


def _issue(patient: str, what: str) -> Emit:
    return Emit("issues", f"{patient}/{what}".encode(), json.dumps({"id": f"{patient}/{what}"}).encode())
