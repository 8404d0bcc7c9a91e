"""Figures that say what they were counted from, and that they could not be measured where nothing was."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None, could not be measured, where the denominator is 0."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Rate:
    """So many per 100 of a measure, for example pages per 100 patient-days."""

    numerator: int
    measure: float | None

    @property
    def value(self) -> float | None:
        """None, could not be measured, where the measure is unknown or 0."""
        return 100 * self.numerator / self.measure if self.measure else None


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations in seconds, by nearest rank: a value that occurred."""

    count: int
    p50_s: float | None
    p90_s: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """The spread of these; without any, it could not be measured."""
        ordered = sorted(seconds)
        return cls(len(ordered), _at(ordered, 0.5), _at(ordered, 0.9))


def _at(ordered: Sequence[float], share: float) -> float | None:
    return ordered[max(ceil(share * len(ordered)) - 1, 0)] if ordered else None
