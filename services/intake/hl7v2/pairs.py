"""A PID and the MRG behind it: who goes on, and whose it was until now."""

from dataclasses import dataclass

from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import patient_of, prior_patients_of
from services.intake.hl7v2.message import Message, Segment
from services.intake.reading import Unreadable


@dataclass(frozen=True, slots=True)
class Pair:
    """`pv1` is the visit behind the MRG, None without one."""

    pid: Segment
    mrg: Segment
    pv1: Segment | None

    @property
    def part(self) -> tuple[Segment, ...]:
        """Its segments."""
        return (self.pid, self.mrg) if self.pv1 is None else (self.pid, self.mrg, self.pv1)

    @property
    def named(self) -> tuple[str, ...]:
        """Everybody whom it can be about, who goes on last."""
        return tuple(dict.fromkeys([*who(self.mrg), *who(self.pid)]))


def pairs(message: Message) -> tuple[Pair, ...]:
    """Each MRG with the PID of the patient that goes on.

    Raises `Misread` where a PID has no MRG behind it, or an MRG no PID before it: then nobody can say which
    of them belong together.
    """
    found: list[Pair] = []
    pid: Segment | None = None
    paired = True
    for segment in message.segments:
        if segment.name == "PID":
            if not paired and pid is not None:
                raise Misread("missing-patient", "has no MRG behind it", pid, 3)
            pid, paired = segment, False
        elif segment.name == "MRG":
            if pid is None:
                raise Misread("missing-patient", "has no PID before it", segment, 1)
            found.append(Pair(pid, segment, None))
            paired = True
        elif segment.name == "PV1" and paired and found and found[-1].pv1 is None:
            found[-1] = Pair(found[-1].pid, found[-1].mrg, segment)
    if not found or (not paired and pid is not None):
        raise Misread("missing-patient", "has no MRG behind it", pid or message.segments[0], 3 if pid else 9)
    return tuple(found)


def who(segment: Segment) -> tuple[str, ...]:
    """The patients that a PID or an MRG names; none where they cannot be read, or of any other segment."""
    try:
        if segment.name == "PID":
            return (patient_of(segment),)
        return prior_patients_of(segment) if segment.name == "MRG" else ()
    except Unreadable:
        return ()
