"""What the shell asks of the pure core, and the values that pass between them.

The shell moves bytes, offsets and partitions and knows no medicine; the core knows no Kafka. The shell
promises the core: the records of a patient arrive in source order; a record whose offset is not above the
patient's applied offset is not stepped again; an exception leaves the state as it was and costs only that one
record. Per record it calls `decode`, then `note`, and, unless that says it was all, `step` with the patient's
state.

The core promises the shell: `step` is pure and its states are persistent (the old state stays valid); the
same state and event give the same transitions with the same ids; folding is idempotent; judgement is by
level, so that a state restored as `torn` emits again whatever its header does not know to have been emitted.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from schemas.clinical import UnreadableFact
from services.stream.records import Headers, Record

S = TypeVar("S")
E = TypeVar("E")


class Undecodable(Exception):
    """A record that cannot be read. `reason` is a short slug, `detail` free of patient data."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Entity(NamedTuple):
    """What one changelog record is about: a kind (`changelog.Kind`) and an id within the patient."""

    kind: str
    id: str


class Emit(NamedTuple):
    """A record for the topic that plays `role`.

    "issues" go to the patient's own partition, "events" to that of the patient who is their key.
    """

    role: str
    key: bytes
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """The outcome of one event for one patient: the new state, what to tell the world, what to persist.

    `mark` is what a record that was not understood left in the ledger.
    """

    state: S
    emitted: tuple[Emit, ...] = ()
    changed: Collection[Entity] = ()
    mark: UnreadableFact | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was not understood: its origin, a slug, a detail that names no patient, and the mark that
    it left at its patient.
    """

    record: Record
    reason: str
    detail: str
    mark: UnreadableFact | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A knowledge version that is to be compared with the one that judges; `id`: the event that asked."""

    id: str
    version: str
    here: bool


class Core(Protocol[S, E]):
    """The pure core, as the shell sees it. Patient keys are the record keys of `patient-events`."""

    def decode(self, record: Record) -> E:
        """Parse one record; raise `Undecodable` where it cannot be read, and where its value is null."""

    def note(self, partition: int, event: E) -> bool:
        """Take notice of an event before it is stepped: how far time has come, which source is alive.

        True if that was all there is to do, because the event belongs to no patient. Repetition is harmless.
        Raises `KnowledgeRequired` where the event activates a knowledge version that is not here.
        """

    def patient(self, event: E) -> bytes:
        """The patient key of an event for which `note` was not all."""

    def step(self, partition: int, state: S | None, event: E) -> Step[S]:
        """Fold and judge one event. `state` is None for a patient never seen."""

    def rejected(self, state: S | None, reject: Reject) -> Step[S] | None:
        """What a record that could not be understood leaves in its patient's ledger; None for nothing."""

    def encode(self, state: S, changed: Collection[Entity]) -> Iterable[tuple[Entity, bytes | None]]:
        """The payloads of the changed entities, None where one is gone; the header is not among them."""

    def header(self, state: S) -> bytes:
        """The payload of the patient's header: everything that is not an entity of its own."""

    def next_review(self, state: S) -> datetime | None:
        """The next instant at which time alone may change the judgement (aware)."""

    def restore(
        self, patient: bytes, state: S | None, header: bytes | None, entities: Mapping[Entity, bytes | None],
        torn: bool,
    ) -> S:  # fmt: skip
        """Apply changelog payloads to `state` (None: start afresh, a header is then always given).

        `header` is None where it did not change; an entity is None where it is gone. `torn`: some entities
        are newer than the header, because a write was cut short. Their events come again; the core must then
        judge them from scratch and not conclude from "already in the ledger" that all has been said.
        """

    def open_set(self, patient: bytes, state: S) -> Iterable[Emit]:
        """Every issue open now, as records to publish again after a change of owner."""

    def tick(self, partition: int, patient: bytes, due_at: datetime, now: datetime) -> tuple[bytes, bytes]:
        """Key and value of the record that carries time to a patient for whom nothing arrives."""

    def watermark(self, partition: int) -> datetime | None:
        """How far time has come: the wall clock where live, the partition's newest event where simulated."""

    def memory(self, partition: int) -> bytes:
        """What `note` has learnt about this partition, to be kept in the changelog beside the ledgers."""

    def recall(self, partition: int, memory: bytes | None) -> None:
        """Begin with a partition, from what its changelog kept (None: nothing); drop what was known.

        Raises `KnowledgeRequired` where the partition was judged by a version that is not here.
        """

    def activation(self, record: Record) -> str | None:
        """The knowledge version that a record puts in force; None for any other record."""

    def expect(self, partition: int, version: str) -> bool:
        """Judge by this version now, as the log activates it further on; False where it is not here.

        Activations of versions that are not here are passed over until then.
        """

    def version(self, partition: int) -> str:
        """The knowledge version by which a partition is judged."""

    def standing(self, partition: int) -> str:
        """By what the patients of a partition stand; when it changes, all of them are looked at again."""

    def trial(self, partition: int) -> Trial | None:
        """The comparison that is asked for; None for none."""

    def compare(self, trial: Trial, state: S, now: datetime) -> Iterable[str]:
        """What would be told of a patient by a version that is here, one phrase per issue; tells nobody."""

    def compared(self, partition: int, trial: Trial) -> None:
        """The comparison is over and reported."""

    def weight(self, state: S) -> int:
        """How many facts restoring a patient, or judging one again, has to go through."""

    def outdated(self, partition: int, state: S) -> bool:
        """Whether a patient stands by what the partition stood by before; a tick brings it up to date."""

    def forget(self, partition: int) -> None:
        """The partition is no longer ours."""
