"""Numbers as the words of a dosage have them, and those words made ready to be read."""

import re
from decimal import Decimal

_NUMBERS = {
    "one": 1, "a": 1, "once": 1, "two": 2, "twice": 2, "three": 3, "thrice": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
_WORDS = "|".join(_NUMBERS)
NUMBER = rf"(\.\d+|[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|{_WORDS})"
"""A pattern with one group; commas stand between thousands."""
UP_TO = rf"(?:\s*(?:-|to|or)\s*{NUMBER})?"
"""The upper end of a range behind a number, with one group."""
_CEILING = re.compile(r"\b(max(imum)?|not (to )?exceed|no more than|do not take more)\b[^.;]*", re.IGNORECASE)
_TOLD_TWICE = re.compile(rf"\b(\d+(?:\.\d+)?) ?\((?:{_WORDS})\)", re.IGNORECASE)
"""As some systems write it: "2 (two) times daily"."""


def spaced(text: str) -> str:
    """The words one space apart: a pattern with several gaps takes the square of a long one's length."""
    return " ".join(text.split())


def readable(text: str) -> str:
    """The words without what bounds the dose."""
    words = spaced(text)
    return _CEILING.sub(" ", _TOLD_TWICE.sub(r"\1", words) if "(" in words else words)


def number(text: str) -> Decimal:
    """The number that `NUMBER` found."""
    lowered = text.lower().replace(",", "")
    return Decimal(_NUMBERS[lowered]) if lowered in _NUMBERS else Decimal(lowered)


def both_ends(low: str, high: str | None) -> tuple[Decimal, Decimal]:
    """The ends of a range, the lower one first; twice the same where it has one."""
    first = number(low)
    second = number(high) if high else first
    return min(first, second), max(first, second)
