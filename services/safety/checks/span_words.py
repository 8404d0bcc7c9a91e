"""A span of time in the words of staff."""

from datetime import timedelta

_PARTS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def in_words(span: timedelta) -> str:
    """ "6 d", "2 h 30 min", "59 min 59 s"; parts of a second are left out."""
    left = int(span.total_seconds())
    words = []
    for unit, seconds in _PARTS:
        count, left = divmod(left, seconds)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words) or "0 s"
