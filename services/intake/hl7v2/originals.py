"""What the records of one message's rejections hold of it: enough to be read again alone, and not the message
2,000 times over.
"""

from collections.abc import Sequence
from functools import cached_property

from services.intake.hl7v2.charset import BOM, charset_of
from services.intake.hl7v2.kinds import may_move_records
from services.intake.hl7v2.message import Message, Segment

_LEADING = ("MSH", "EVN")
_AROUND = (*_LEADING, "PID", "PV1")
_LARGEST_AROUND = 8 * 1024
_MOST_REPEATED = 2 * 1024 * 1024
"""Characters that the records of one message may hold more than once, all together: what many parts share
(the patient, an order) is else copied with each of them."""


class Originals:
    """The originals of the rejections of one message that could be taken apart."""

    def __init__(self, message: Message, content: bytes) -> None:
        self._message = self._section = message
        self._content = content
        self._found: tuple[Segment, ...] | None = None
        self._written: set[tuple[str, int]] = set()
        self._repeatable = _MOST_REPEATED

    def turn_to(self, section: Message) -> None:
        """Go on with what the message says of another patient."""
        self._section, self._found = section, None

    def of(self, part: tuple[Segment, ...]) -> bytes:
        """The bytes of a part with the header and the patient around it, in the message's character set;
        without a part all that the message says of the patient.
        """
        if not part and self._section is self._message:
            return self._content
        mark = BOM if self._content.startswith(BOM) else b""
        chosen = self._chosen(part) if part else self._section.segments
        text = "\r".join((*(item.raw for item in chosen), ""))
        return mark + text.encode(self._encoding)

    def _around(self) -> tuple[Segment, ...]:
        """The header and the patient; of a merge or a move the header, as its parts name its patients."""
        if self._found is None:
            names = _LEADING if may_move_records(self._section) else _AROUND
            found = tuple(item for item in self._section.segments if item.name in names)
            small = sum(len(item.raw) for item in found) <= _LARGEST_AROUND
            self._found = found if small else found[:1]
        return self._found

    @cached_property
    def _encoding(self) -> str:
        return charset_of(self._content).encoding

    def _chosen(self, part: tuple[Segment, ...]) -> Sequence[Segment]:
        """The whole, and once too much was copied only what no record holds yet."""
        around = self._around()
        own = tuple(item for item in part if item.name not in _AROUND or item not in around)
        chosen: Sequence[Segment] = (*around, *own)
        copied = sum(len(item.raw) for item in chosen if (item.name, item.sequence) in self._written)
        if copied <= self._repeatable:
            self._repeatable -= copied
        else:
            new = [item for item in own if (item.name, item.sequence) not in self._written]
            chosen = new or (min(part, key=lambda item: len(item.raw)),)
        self._written.update((item.name, item.sequence) for item in chosen)
        return chosen
