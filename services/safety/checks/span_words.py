"""A span of time in the words of staff."""

from datetime import timedelta

_PARTS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def in_words(span: timedelta) -> str:
    """ "6 d", "24 h", "2 h 30 min"; days from two on, parts of a second are left out."""
    left = int(span.total_seconds())
    words = []
    for unit, seconds in _PARTS if left >= 2 * _PARTS[0][1] else _PARTS[1:]:
        count, left = divmod(left, seconds)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words) or "0 s"
