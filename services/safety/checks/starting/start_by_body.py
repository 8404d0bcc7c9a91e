"""How much a patient may start with, where that goes by age and body weight."""

from dataclasses import dataclass, replace
from datetime import datetime

from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.amounts.daily_excess import DailyMost
from services.safety.checks.amounts.limits import shown
from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.body_size import body_size
from services.safety.checks.patient.measured import codes_of, readings_of
from services.safety.checks.patient.years_of_age import age_of
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.first_dose import FirstDose
from services.safety.ledger.body import BODY_WEIGHT, KILOGRAM, Size


@dataclass(frozen=True, slots=True)
class Start:
    """At most `most` in a day, which staff read as `said`; `rests_on` are the entities it is made from."""

    most: DailyMost
    said: str
    rests_on: tuple[str, ...] = ()


def depends(row: FirstDose) -> bool:
    """Whether the patient decides how much it is."""
    return row.aged or row.per is not None


def about_patient(view: View, row: FirstDose) -> tuple[object, ...]:
    """All of the patient that the answer for a row rests on, for knowing it again by identity."""
    if not depends(row):
        return ()
    weights = readings_of(view, BODY_WEIGHT) if row.per is not None else ()
    return (view.ledger.person, view.ledger.encounters, *weights)


def start_inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    """What is read because rows go by age and weight."""
    rows = knowledge.rules_of_kind(FirstDose)
    if not any(depends(row) for row in rows):
        return frozenset()
    weights = codes_of(knowledge, BODY_WEIGHT) if any(row.per is not None for row in rows) else frozenset()
    return weights | {"person"}


def start_for(
    view: View, row: FirstDose, most: DailyMost
) -> tuple[Start | NotAssessedReason | None, datetime | None]:
    """What holds for the patient: None where the row is for other ages, a reason where that is not known.

    `most` is the row's amount, for one kilogram where it is per kilogram. Also when time may change it.
    """
    changes: datetime | None = None
    if row.aged:
        age, changes = age_of(view)
        if age is None:
            return NotAssessedReason.MISSING_AGE, changes
        if (row.age_from is not None and age < row.age_from) or (
            row.age_below is not None and age >= row.age_below
        ):
            return None, changes
    if row.per is None:
        return Start(most, str(row.daily_max)), changes
    size, more = body_size(view, KILOGRAM)
    changes = earliest(view.now, changes, more)
    if not isinstance(size, Size):
        return size, changes
    mine = replace(most, value=round(most.value * size.value, 9))
    said = f"{shown(mine.value, row.daily_max)} ({row.daily_max}/kg, {plain(size.value)} kg)"
    return Start(mine, said, size.entities), changes
