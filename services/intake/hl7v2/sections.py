"""What of a message is about which patient: an ORU may hold the results of several, each behind a PID."""

from dataclasses import replace

from services.intake.hl7v2 import kinds
from services.intake.hl7v2.message import Message

_OF_ALL = frozenset({"MSH", "SFT", "UAC", "EVN"})


def sections(message: Message) -> tuple[Message, ...]:
    """The message of each PID: what stands behind it until the next one, with the header of them all. One
    that is about two records together (a merge, a move, a link), or that is not read here, stays whole.
    """
    places = [place for place, segment in enumerate(message.segments) if segment.name == "PID"]
    if len(places) < 2 or kinds.of_several_records(message) or not kinds.is_read(message):
        return (message,)
    common = tuple(item for item in message.segments[: places[0]] if item.name in _OF_ALL)
    ends = (*places[1:], len(message.segments))
    first = replace(message, segments=message.segments[: ends[0]])
    rest = zip(places[1:], ends[1:], strict=True)
    return (
        first,
        *(replace(message, segments=(*common, *message.segments[start:end])) for start, end in rest),
    )
