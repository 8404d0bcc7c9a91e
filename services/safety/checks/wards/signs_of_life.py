"""Signs of life of sources. That one was alive at an instant stays true whatever is heard of it later."""

from collections.abc import Mapping
from datetime import datetime


class Noted(Mapping[str, datetime]):
    """Signs of life that note who looks at them. `known` has the same, and nobody is noted."""

    known: Mapping[str, datetime]


def alive_at(alive: Mapping[str, datetime], source: str, instant: datetime) -> bool:
    """Whether a source gave a sign of life at an instant or later.

    Where it did, nothing that is heard later changes the answer, and so nobody is noted.
    """
    known = alive.known if isinstance(alive, Noted) else alive
    seen = known.get(source)
    if seen is not None and seen >= instant:
        return True
    alive.get(source)
    return False
