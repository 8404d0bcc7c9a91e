"""What a patch delivers, and for how long it is worn.

The strength of a patch is an amount per hour; a dose in milligrams says what is in the patch and not what
comes out of it. A patch comes off when its record ends, when it is replaced in time, or after the time for
which its kind is worn.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.clinical import Administration
from schemas.dosage import Dosage
from services.safety.checks.judgement import View
from services.safety.ledger.entries import Given
from services.safety.ledger.patch_strength import micrograms_per_hour


@dataclass(frozen=True, slots=True)
class Worn:
    """A patch on the skin from `dose.start` until `off`; `per_hour` in ug, None where it is not stated."""

    dose: Given
    per_hour: Decimal | None
    off: datetime


def worn(view: View, doses: Iterable[Given], worn_for: timedelta) -> Iterator[Worn]:
    """The patches among doses in order of their start. One that is followed in time comes off then."""
    applied = [dose for dose in doses if dose.done]
    for place, dose in enumerate(applied):
        off = dose.end if dose.lasts else dose.start + worn_for
        soonest = off - view.tolerance_at(off)
        following = next((d.start for d in applied[place + 1 :] if d.start >= soonest), None)
        yield Worn(dose, _per_hour(view, dose), off if following is None else min(off, following))


def _per_hour(view: View, dose: Given) -> Decimal | None:
    fact = view.ledger.facts.get(dose.entity)
    return micrograms_per_hour(fact.dose, fact.rate) if isinstance(fact, Administration) else None


def strength(dosage: Dosage) -> Decimal | None:
    """What a patch as ordered delivers in ug/h."""
    return micrograms_per_hour(dosage.dose_high or dosage.dose_low, dosage.rate)
