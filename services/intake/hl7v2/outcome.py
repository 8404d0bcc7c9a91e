"""One message to its readings, each with its place where something was wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import ValidationError

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.rejections import Origin, RejectedEvent
from services.intake.allowing import patients_of, refuse_kind, refuse_patients
from services.intake.door import Door
from services.intake.fhir.header import UNTIMED
from services.intake.hl7v2.faults import Fault, fault
from services.intake.hl7v2.header import Header
from services.intake.hl7v2.message import Message, Segment
from services.intake.hl7v2.originals import Originals
from services.intake.hl7v2.stamping import Context
from services.intake.plausible import refuse_times
from services.intake.reading import Accepted, Reading, Rejected, Skipped, Unreadable
from services.intake.rejecting import reason_of, rejection


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. `header` is None where not even MSH could be read. Each rejection has a
    fault of severity E, in the same order; what was passed over loudly has one of severity W.
    """

    header: Header | None
    readings: tuple[Reading, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Telling:
    """Collects the readings of one message; `message` and `context` are those of one of its patients."""

    message: Message
    content: bytes
    origin: Origin
    context: Context
    readings: list[Reading] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _stated: dict[tuple[str, str], PatientFact] = field(default_factory=dict)
    _originals: Originals = field(init=False)

    def __post_init__(self) -> None:
        self._originals = Originals(self.message, self.content)

    def turn_to(self, section: Message, context: Context) -> None:
        """Go on with what the message says of another patient."""
        self.message, self.context = section, context
        self._originals.turn_to(section)

    def state(
        self,
        about: str | None,
        part: tuple[Segment, ...],
        mapping: Callable[[], PatientFact | str],
        concerned: tuple[str, ...] = (),
    ) -> None:
        """Accept what `mapping` makes of a part of the message, pass it over for the reason that it gives, or
        reject that part alone. `concerned`: whom it is about, where it is not the patient of the message.
        """
        door = self.context.door
        patients = concerned or (self.context.patient,)
        try:
            fact = mapped(mapping)
            if isinstance(fact, str):
                self.skip(fact)
                return
            patients = patients_of(fact)
            refuse_patients(door, fact)
            refuse_kind(door, fact)
            refuse_times(door, fact)
            key = (fact.patient, fact.entity)
            if key in self._stated:
                if self._stated[key] == fact:
                    self.skip("stated-twice-alike")
                    return
                raise Unreadable("stated-twice", "the message says two different things of the same entity")
        except Unreadable as error:
            for patient in tuple(filter(door.speaks_of, dict.fromkeys(patients))) or ("",):
                self.reject(error, part, about, patient)
            return
        self._stated[key] = fact
        untimed = fact.effective_at == UNTIMED and self.context.door.time_domain is TimeDomain.SIMULATED
        self.readings.append(Accepted(fact, self.origin, untimed=untimed))

    def skip(self, reason: str) -> None:
        """Pass a part over."""
        self.readings.append(Skipped(reason, self.origin))

    def reject(
        self,
        error: Unreadable,
        part: tuple[Segment, ...],
        about: str | None = None,
        patient: str | None = None,
    ) -> None:
        """Reject a part of the message. Its record holds the part with the header and the patient, so that
        it can be read again alone, in the same character set, unless the records of the message have grown
        too large for that; without a part it holds all that the message says of its patient. An empty
        `patient` is nobody; a patient of whom the source may not speak gets no mark.
        """
        door, sent = self.context.door, self.context.sent
        marked = self.context.patient if patient is None else patient
        stated = sent.at if sent is not None else None
        self.faults.append(fault(error, part[0] if part else None))
        self.readings.append(
            Rejected(
                rejection(self.origin, self._originals.of(part), error),
                self.context.source,
                marked if marked and door.speaks_of(marked) else None,
                about,
                stated if door.clock is None else door.clock(),
                stated,
                path=error.path,
            )
        )

    def outcome(self) -> Outcome:
        """All of it."""
        return Outcome(self.message.header, tuple(self.readings), tuple(self.faults))


def mapped(mapping: Callable[[], PatientFact | str]) -> PatientFact | str:
    """What a mapping makes of its segments. Raises `Unreadable`, and nothing else."""
    try:
        return mapping()
    except ValidationError as error:
        raise reason_of(error) from error
    except (TypeError, AttributeError, LookupError, ValueError, ArithmeticError) as error:
        # Nothing read here is trusted to have HL7's shape; what no mapping foresaw costs one part only.
        raise Unreadable("wrong-schema", "a segment has not the form that HL7 gives it") from error


def unread(
    content: bytes,
    origin: Origin,
    door: Door,
    source: str,
    error: Unreadable,
    header: Header | None,
    patients: tuple[str, ...] = (),
) -> Outcome:
    """The outcome of bytes that are no message; `patients`: whom they are about for all that."""
    return at_each(rejection(origin, content, error), door, source, error, header, patients)


def at_each(
    record: RejectedEvent,
    door: Door,
    source: str,
    error: Unreadable,
    header: Header | None,
    patients: tuple[str, ...],
) -> Outcome:
    """The outcome of a message that is rejected as a whole, with a mark at each of some patients."""
    now = door.clock() if door.clock is not None else None
    readings = tuple(
        Rejected(record, source, patient, received_at=now, path=error.path) for patient in patients or (None,)
    )
    return Outcome(header, readings, (fault(error),) * len(readings))


def passed_over(header: Header, origin: Origin, reason: str, notice: Fault | None) -> Outcome:
    """The outcome of a message that is understood and of no concern."""
    return Outcome(header, (Skipped(reason, origin),), (notice,) if notice is not None else ())
