"""Signs of life of sources: which answers rest on them is seen from what was looked at, not declared.

Nearly every event is also a sign of life of its source, and nearly no answer depends on one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.safety.checks.judgement import Judgement
from services.safety.checks.wards.signs_of_life import Noted
from services.safety.engine.state import Asked


class Heard(Noted):
    """The signs of life of sources, which notes in `readers` each question that looks at them."""

    def __init__(self, alive: Mapping[str, datetime]) -> None:
        self.known = alive
        self.asking: Asked | None = None
        self.readers: set[Asked] = set()

    def __getitem__(self, source: str) -> datetime:
        return self._read()[source]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> Mapping[str, datetime]:
        if self.asking is not None:
            self.readers.add(self.asking)
        return self.known


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to some questions, and which of these looked at the signs of life."""

    given: list[tuple[Asked, Judgement]]
    by_life: frozenset[Asked]
