"""The characters that structure a message, and the escapes that stand for them within a text."""

import re
from dataclasses import dataclass
from functools import lru_cache

from services.intake.reading import Unreadable

_SIGNS = frozenset("FSTRE")
_LONGEST = len("MSH|^~\\&#|")
_LONG = 500
_SPACE = re.compile(r"\.(br|sp\d*|sk\d*|in\S*|ti\S*|ce)", re.IGNORECASE)
_SILENT = re.compile(r"(H|N|P|\.fi|\.nf|[CM][0-9A-F]{4,6})", re.IGNORECASE)
_HEX = re.compile(r"X((?:[0-9A-F]{2})+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Separators:
    """MSH-1 and MSH-2 of one message."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def encoding(self) -> str:
        """MSH-2 as it is written."""
        return self.component + self.repetition + self.escape + self.subcomponent


def separators(start: str) -> Separators:
    """Those of a text that begins with MSH. Raises `Unreadable` where they cannot be told apart."""
    return _told_apart(start[:_LONGEST])


@lru_cache(maxsize=64)
def _told_apart(start: str) -> Separators:
    field = start[3:4]
    encoding = start[4:].split(field, 1)[0] if field else ""
    signs = field + encoding
    if len(encoding) not in (4, 5) or len(set(signs)) != len(signs):
        raise Unreadable("bad-separators", "MSH-1 and MSH-2 must be five (or six) different characters")
    if any(sign.isalnum() or sign.isspace() or not sign.isprintable() or ord(sign) > 126 for sign in signs):
        raise Unreadable("bad-separators", "a letter, a digit or a blank cannot separate fields")
    return Separators(field, *encoding[:4])


@lru_cache(maxsize=64)
def _escapes(sign: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(sign)}([^{re.escape(sign)}]{{1,400}}){re.escape(sign)}")


def unescaped(text: str, signs: Separators) -> str:
    """The text meant. Line breaks and tabs of formatted text become line ends and blanks; an escape that is
    none of HL7's stays as it is written.
    """
    if signs.escape not in text:
        return text
    return _remembered(text, signs) if len(text) > _LONG else _unescaped(text, signs)


def _unescaped(text: str, signs: Separators) -> str:
    meant = {
        "F": signs.field, "S": signs.component, "T": signs.subcomponent, "R": signs.repetition,
        "E": signs.escape,
    }  # fmt: skip

    def _meant(found: re.Match[str]) -> str:
        code = found[1]
        if code in _SIGNS:
            return meant[code]
        if _SPACE.fullmatch(code):
            return "\n" if code[1:3].lower() in ("br", "sp") else " "
        if (written := _HEX.fullmatch(code)) is not None:
            return _of_bytes(bytes.fromhex(written[1]))
        return "" if _SILENT.fullmatch(code) else found[0]

    return _escapes(signs.escape).sub(_meant, text)


_remembered = lru_cache(maxsize=32)(_unescaped)
"""A text of the order is asked for again with each of its doses; a long one costs a quarter of a second."""


def escaped(text: str, signs: Separators) -> str:
    """A text as a field can hold it: separators become escapes, control characters blanks."""
    meant = {
        signs.escape: "E", signs.field: "F", signs.component: "S", signs.subcomponent: "T",
        signs.repetition: "R",
    }  # fmt: skip
    written = {sign: f"{signs.escape}{code}{signs.escape}" for sign, code in meant.items()}
    return "".join(written.get(sign, sign if sign.isprintable() else " ") for sign in text)


def _of_bytes(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
