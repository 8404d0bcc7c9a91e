"""How far a pregnancy is: the newest usable gestational age, and the time that passed since."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.measured import Reading, codes_of, measured
from services.safety.knowledge.base import KnowledgeBase

_GESTATIONAL_AGE = "gestational-age"
_WEEK_SECONDS = Decimal(604_800)


@dataclass(frozen=True, slots=True)
class Gestation:
    """A gestational age of `reading.value` completed and begun weeks at `reading.at`."""

    reading: Reading

    def reaches(self, week: Decimal) -> datetime:
        """When the pregnancy is `week` weeks old."""
        weeks = week - self.reading.value
        return self.reading.at + timedelta(seconds=round(weeks * _WEEK_SECONDS))


def inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    """The codes that state a gestational age."""
    return codes_of(knowledge, _GESTATIONAL_AGE)


def gestation(view: View, ended_at: datetime | None) -> tuple[Gestation | None, datetime | None]:
    """How far the present pregnancy is, None where that is not known; and when time alone may change that.

    A gestational age from before `ended_at` is of another pregnancy, and so is one by which the pregnancy
    would by now be longer than any.
    """
    measurement = view.knowledge.measurements.get(_GESTATIONAL_AGE)
    known, changes = measured(view, _GESTATIONAL_AGE)
    if measurement is None or known.reading is None or (ended_at and known.reading.at <= ended_at):
        return None, changes
    found = Gestation(known.reading)
    ends = found.reaches(measurement.plausible_to)
    return (found, earliest(view.now, changes, ends)) if view.now < ends else (None, changes)
