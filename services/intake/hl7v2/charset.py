"""From bytes to text, as MSH-18 names the character set (HL7 table 0211)."""

import re

from services.intake.reading import Unreadable

BOM = b"\xef\xbb\xbf"
_UTF8 = frozenset({"", "ASCII", "UTF-8", "UTF8", "UNICODE", "UNICODE UTF-8"})
_ISO = re.compile(r"(?:ISO[ -]?)?8859[/-](\d{1,2})")
_ISO_PARTS = frozenset({*range(1, 12), 13, 14, 15, 16})
_PLACE = 17
"""Where MSH-18 stands when MSH is split at its field separator: MSH-1 is that separator."""


def decoded(content: bytes) -> str:
    """The text of a message: UTF-8, of which ASCII is a part, unless MSH-18 says otherwise and no byte order
    mark contradicts it. Raises `Unreadable`.
    """
    marked = content.startswith(BOM)
    bare = content.removeprefix(BOM)
    named = _named(bare)
    encoding = "utf-8"
    if named not in _UTF8 and not marked:
        part = _ISO.fullmatch(named)
        if part is None or int(part[1]) not in _ISO_PARTS:
            raise Unreadable("unknown-charset", "MSH-18 names a character set that is not read here")
        encoding = f"iso8859_{int(part[1])}"
    try:
        return bare.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("bad-charset", "the bytes are not of the character set that MSH-18 names") from error


def _named(content: bytes) -> str:
    line = re.split(rb"[\r\n]", content.lstrip(), maxsplit=1)[0]
    fields = line.split(line[3:4]) if len(line) > 3 else []
    stated = fields[_PLACE] if len(fields) > _PLACE else b""
    return re.split(rb"[^A-Za-z0-9 /-]", stated, maxsplit=1)[0].decode("ascii").strip().upper()
