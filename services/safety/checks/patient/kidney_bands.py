"""Which of a rule's bands holds for kidneys that are known."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from schemas.quantities import plain
from services.safety.checks.patient.kidneys import KidneyFunction


class Banded(Protocol):
    """What holds below an edge."""

    @property
    def below(self) -> Decimal:
        """The edge, exclusive."""
        ...


def band_of(bands: Sequence[Banded], kidneys: KidneyFunction) -> int | None:
    """The place of the band, None above all of them; without a value, as on dialysis, the lowest.

    The bands fall. While creatinine rises fast the next lower one holds.
    """
    lowest = len(bands) - 1
    if kidneys.value is None:
        return lowest
    place: int | None = None
    for number in range(lowest, -1, -1):
        if kidneys.lies_below(bands[number].below):
            place = number
            break
    if not kidneys.unstable:
        return place
    return min(0 if place is None else place + 1, lowest)


def band_said(below: Decimal | None, kidneys: KidneyFunction) -> str:
    """The band for people, or that the patient is on dialysis, where it may have no edge of its own."""
    if kidneys.dialysis or below is None:
        return "on dialysis"
    return f"below {plain(below)} ({kidneys.how})"
