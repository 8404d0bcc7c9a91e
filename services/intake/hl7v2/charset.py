"""From bytes to text, as MSH-18 names the character set (HL7 table 0211)."""

import re
from dataclasses import dataclass

from services.intake.reading import Unreadable

BOM = b"\xef\xbb\xbf"
_UTF8 = frozenset({"", "ASCII", "UTF-8", "UTF8", "UNICODE", "UNICODE UTF-8"})
_ISO = re.compile(r"(?:ISO[ -]?)?8859[/-](\d{1,2})")
_ISO_PARTS = frozenset({*range(1, 12), 13, 14, 15, 16})
_PLACE = 17
"""Where MSH-18 stands when MSH is split at its field separator: MSH-1 is that separator."""


@dataclass(frozen=True, slots=True)
class Charset:
    """`named` is MSH-18 as table 0211 writes it, empty where it says nothing; `encoding` is Python's name."""

    named: str
    encoding: str


def charset_of(content: bytes) -> Charset:
    """UTF-8, of which ASCII is a part, unless MSH-18 says otherwise and no byte order mark contradicts it.
    Raises `Unreadable`.
    """
    named = _named(content.removeprefix(BOM))
    if named in _UTF8 or content.startswith(BOM):
        return Charset(named, "utf-8")
    part = _ISO.fullmatch(named)
    if part is None or int(part[1]) not in _ISO_PARTS:
        raise Unreadable("unknown-charset", "MSH-18 names a character set that is not read here")
    return Charset(named, f"iso8859_{int(part[1])}")


def decoded(content: bytes) -> str:
    """The text of a message, in its charset. Raises `Unreadable`."""
    encoding = charset_of(content).encoding
    try:
        return content.removeprefix(BOM).decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("bad-charset", "the bytes are not of the character set that MSH-18 names") from error


def _named(content: bytes) -> str:
    line = re.split(rb"[\r\n]", content.lstrip(), maxsplit=1)[0]
    fields = line.split(line[3:4]) if len(line) > 3 else []
    stated = fields[_PLACE] if len(fields) > _PLACE else b""
    return re.split(rb"[^A-Za-z0-9 /-]", stated, maxsplit=1)[0].decode("ascii").strip().upper()
