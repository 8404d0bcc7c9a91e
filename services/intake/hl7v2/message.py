"""A message in ER7 ("pipes and hats"): segments, fields, repetitions, components, taken apart when asked.

See docs/decisions/own-hl7-splitting.md for why this is not the `hl7` package.
"""

import re
from dataclasses import dataclass

from services.intake.hl7v2.charset import decoded
from services.intake.hl7v2.header import Header, header_of
from services.intake.hl7v2.separators import Separators, separators, unescaped
from services.intake.lines import LARGEST_MESSAGE
from services.intake.reading import Unreadable

MOST_SEGMENTS = 2_000
MOST_REPETITIONS = 500
_NULL = '""'
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")


@dataclass(frozen=True, slots=True)
class Field:
    """One repetition of one field. An explicit null (two quotation marks) reads as empty."""

    raw: str
    signs: Separators

    def __bool__(self) -> bool:
        return bool(self.raw.strip()) and self.raw != _NULL

    def text(self, component: int = 1, sub: int = 0) -> str:
        """The text of a component, counted from 1; of one of its subcomponents where `sub` is given."""
        found = _part(self.raw, self.signs.component, component)
        if sub:
            found = _part(found, self.signs.subcomponent, sub)
        return _meant(found, self.signs)

    def components(self, least: int) -> list[str]:
        """The texts of all components, and empty ones up to `least`."""
        found = [_meant(part, self.signs) for part in self.raw.split(self.signs.component)]
        return found + [""] * (least - len(found))

    @property
    def whole(self) -> str:
        """The text of a field that has no components; separators in it are taken as written."""
        return unescaped(self.raw, self.signs).strip() if self else ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; `sequence` counts those of its name in the message, from 1."""

    name: str
    sequence: int
    raw: str
    fields: tuple[str, ...]
    signs: Separators

    def field(self, number: int) -> Field:
        """The first repetition of a field, counted from 1."""
        raw = self._raw(number)
        return Field(_part(raw, self.signs.repetition, 1), self.signs)

    def text(self, number: int, component: int = 1) -> str:
        """The text of a component of the first repetition of a field."""
        raw = self._raw(number)
        if not raw:
            return ""
        first = _part(raw, self.signs.repetition, 1)
        return _meant(_part(first, self.signs.component, component), self.signs)

    def repetitions(self, number: int) -> tuple[Field, ...]:
        """Those repetitions of a field that hold something. Raises `Unreadable` for too many."""
        raw = self._raw(number)
        if not raw:
            return ()
        if raw.count(self.signs.repetition) > MOST_REPETITIONS:
            raise Unreadable("too-large", f"{self.name}-{number} repeats more than {MOST_REPETITIONS} times")
        found = (Field(item, self.signs) for item in raw.split(self.signs.repetition))
        return tuple(item for item in found if item)

    def _raw(self, number: int) -> str:
        return self.fields[number] if number < len(self.fields) else ""


def _part(text: str, sign: str, number: int) -> str:
    if sign not in text:
        return text if number == 1 else ""
    parts = text.split(sign, number)
    return parts[number - 1] if len(parts) >= number else ""


def _meant(text: str, signs: Separators) -> str:
    return "" if not text or text == _NULL else unescaped(text, signs).strip()


@dataclass(frozen=True, slots=True)
class Message:
    """One message that could be taken apart."""

    header: Header
    segments: tuple[Segment, ...]

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        return next((segment for segment in self.segments if segment.name == name), None)


def parse(content: bytes) -> Message:
    """The message in `content`. Raises `Unreadable`; the size is limited before anything is looked at."""
    if len(content) > LARGEST_MESSAGE:
        raise Unreadable("too-large", f"a message may have at most {LARGEST_MESSAGE} bytes")
    text = decoded(content).strip("\r\n\t \x00\x0b\x1c")
    if not text.startswith("MSH"):
        raise Unreadable("not-hl7", "a message begins with the segment MSH")
    signs = separators(text)
    written = _segments(text, signs)
    if len(written) > MOST_SEGMENTS:
        raise Unreadable("too-large", f"a message may have at most {MOST_SEGMENTS} segments")
    counted: dict[str, int] = {}
    found = []
    for raw in written:
        fields = raw.split(signs.field)
        name = fields[0]
        if name == "MSH":
            fields.insert(1, signs.field)
        counted[name] = counted.get(name, 0) + 1
        found.append(Segment(name, counted[name], raw, tuple(fields), signs))
    if counted["MSH"] > 1:
        raise Unreadable("not-hl7", "a second MSH within one message: two messages were run together")
    return Message(header_of(found[0].fields, signs), tuple(found))


def _segments(text: str, signs: Separators) -> list[str]:
    """The segments as written. A line that begins no segment goes on with the one before it: somebody put a
    line end into a text.
    """
    found: list[list[str]] = []
    for line in _LINE_ENDS.split(text):
        if _NAME.match(line) and line[3:4] in ("", signs.field):
            found.append([line])
        elif line.strip():
            found[-1].append(line)
    return ["\n".join(lines) for lines in found]
