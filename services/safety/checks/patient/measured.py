"""The newest usable value of something measured of a patient, for as long as it counts.

Of a family of codes the newest value counts, whichever code states it. Where it cannot be used, the row
says whether the one before it stands in or nothing does; that it could not be used is said either way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from heapq import merge
from itertools import groupby

from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.believable import before_birth, fits_age, fits_body, leaps, mistakes_unit
from services.safety.checks.patient.beyond_range import Beyond, beyond_of
from services.safety.checks.patient.measurement_units import in_its_unit
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.measurements import Doubted, Measurement
from services.safety.ledger.body import BODY_HEIGHT
from services.safety.ledger.entries import Observed
from services.safety.ledger.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Reading:
    """One value in the unit of its measurement, and the observation that states it.

    `beyond`: the value is only a bound of the result, which is beyond the range of its method.
    """

    entity: str
    at: datetime
    value: Decimal
    beyond: Beyond | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """An observation newer than the reading that counts, and why no value could be taken from it.

    `beyond`: what it states beyond the range of its method, for whom that is enough.
    """

    entity: str
    at: datetime
    reason: NotAssessedReason
    beyond: Beyond | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of a measurement now: the reading that counts, if any, and what could not be used."""

    reading: Reading | None = None
    unusable: tuple[Unusable, ...] = ()


NOTHING = Measured()

_remembered: Remembered[Measured] = Remembered()


def measured(view: View, name: str) -> tuple[Measured, datetime | None]:
    """What is known of the measurement `name` at `view.now`, and when time alone may change that."""
    about = (*readings_of(view, name), view.ledger.encounters, view.ledger.person, view.knowledge)
    key = (*map(id, about), name)
    known = _remembered.known(view.now, key)
    return known if known is not None else _remembered.keep(view.now, key, about, *_measured(view, name))


def readings_of(view: View, name: str) -> tuple[Timeline[Observed] | None, ...]:
    """All that is observed under the codes of a measurement, for knowing it again by identity."""
    return tuple(map(view.ledger.observed.get, codes_of(view.knowledge, name)))


@lru_cache(maxsize=64)
def codes_of(knowledge: KnowledgeBase, name: str) -> frozenset[str]:
    """The inputs whose change may change a measurement; empty where the base does not know it."""
    known = knowledge.measurements.get(name)
    if known is None:
        return frozenset()
    height = knowledge.measurements.get(BODY_HEIGHT) if known.body_mass is not None else None
    return frozenset({"person", *known.codes, *(height.codes if height is not None else ())})


def reading_of(measurement: Measurement, entry: Observed) -> Reading | None:
    """The value that an observation states, where it can be used."""
    value = value_of(measurement, entry)
    return Reading(entry.entity, entry.start, value) if isinstance(value, Decimal) else None


def _measured(view: View, name: str) -> tuple[Measured, datetime | None]:
    measurement = view.knowledge.measurements.get(name)
    if measurement is None:
        return NOTHING, None
    valid_for, changes = _validity(view, measurement)
    timelines = [t for code in measurement.codes if (t := view.ledger.observed.get(code)) is not None]
    changes = earliest(view.now, changes, *(timeline.next_after(view.now) for timeline in timelines))
    height: Measured = NOTHING
    if measurement.body_mass is not None:
        height, turns = measured(view, BODY_HEIGHT)
        changes = earliest(view.now, changes, turns)
    unusable: dict[str, Unusable] = {}
    for entry in _newest_first(view, measurement, view.now - valid_for):
        value = _of_the_patient(view, measurement, entry)
        ends = entry.start + _valid_by_itself(view, measurement, value, valid_for)
        changes = earliest(view.now, changes, ends)
        if ends <= view.now:
            break
        if isinstance(value, Decimal) and not _believed(view, measurement, entry, value, height.reading):
            value = NotAssessedReason.IMPLAUSIBLE_VALUE
        if isinstance(value, Decimal):
            return Measured(Reading(entry.entity, entry.start, value), tuple(unusable.values())), changes
        beyond = beyond_of(measurement, entry) if value is NotAssessedReason.IMPLAUSIBLE_VALUE else None
        unusable.setdefault(entry.entity, Unusable(entry.entity, entry.start, value, beyond))
        if measurement.doubted is Doubted.UNKNOWN:
            break
    return Measured(None, tuple(unusable.values())), changes


def _believed(
    view: View, measurement: Measurement, entry: Observed, value: Decimal, height: Reading | None
) -> bool:
    mass, leap, mistaken = measurement.body_mass, measurement.leap, measurement.mistaken_unit
    if mass is not None and height is not None and not fits_body(mass, value, height.value):
        return False
    if leap is not None and leaps(leap, value, _before(view, measurement, entry, leap.within)):
        return False
    return mistaken is None or not mistakes_unit(
        mistaken, value, _before(view, measurement, entry, mistaken.within)
    )


def _before(view: View, measurement: Measurement, entry: Observed, within: timedelta) -> Iterator[Decimal]:
    """The values so long before an observation, the newest first."""
    for each in _newest_first(view, measurement, entry.start - within - timedelta.resolution):
        value = _of_the_patient(view, measurement, each)
        if each.start < entry.start and isinstance(value, Decimal):
            yield value


def _of_the_patient(view: View, measurement: Measurement, entry: Observed) -> Decimal | NotAssessedReason:
    """The value, unless nobody has it at that age or it was measured before birth, in the mother."""
    value, person = value_of(measurement, entry), view.ledger.person
    if person is None or person.born_at is None:
        return value
    if before_birth(person.born_at, entry.start):
        return NotAssessedReason.BEFORE_BIRTH
    believed = not isinstance(value, Decimal) or fits_age(
        measurement.at_age, value, person.born_at, entry.start
    )
    return value if believed else NotAssessedReason.IMPLAUSIBLE_VALUE


def _newest_first(view: View, measurement: Measurement, after: datetime) -> Iterator[Observed]:
    """One after the other, because as a rule the first one is all that is asked for."""
    timelines = (view.ledger.observed.get(code) for code in measurement.codes)
    lines = (timeline.overlapping(after, view.now) for timeline in timelines if timeline is not None)
    for start, together in groupby(merge(*map(reversed, lines), key=_start, reverse=True), key=_start):
        if start <= after:
            return
        yield from sorted(together, key=_stated, reverse=True)


def _start(entry: Observed) -> datetime:
    return entry.start


def _stated(entry: Observed) -> tuple[datetime, str]:
    return (entry.fact.recorded_at, entry.entity)


def value_of(measurement: Measurement, entry: Observed) -> Decimal | NotAssessedReason:
    """The value in the unit of its measurement, or why none can be taken from it."""
    stated = entry.fact.value
    if stated is None:
        return NotAssessedReason.IMPLAUSIBLE_VALUE
    return in_its_unit(measurement, stated)


def _validity(view: View, measurement: Measurement) -> tuple[timedelta, datetime | None]:
    """How old a value may be. Where no encounter is known, or one of which nobody says whether they stay,
    the patient counts as one in the house.
    """
    if measurement.valid_for_young:
        return _by_age(view, measurement)
    elsewhere = measurement.valid_for_ambulatory
    encounters = view.ledger.encounters
    if elsewhere is None or not encounters:
        return measurement.valid_for, None
    changes = earliest(
        view.now, *(i for fact in encounters.values() for i in (fact.effective_at, fact.ends_at))
    )
    in_house = any(
        (fact.inpatient or not fact.class_known)
        and fact.effective_at <= view.now
        and (fact.ends_at is None or view.now < fact.ends_at)
        for fact in encounters.values()
    )
    return (measurement.valid_for if in_house else elsewhere), changes


def _valid_by_itself(
    view: View, measurement: Measurement, value: Decimal | NotAssessedReason, valid_for: timedelta
) -> timedelta:
    """Where the age is not known, a value that no adult has counts as long as one of the youngest who may
    have it; any other `valid_for`.
    """
    person, young = view.ledger.person, measurement.valid_for_young
    aged = person is not None and person.born_at is not None
    if aged or not young or not measurement.at_age or not isinstance(value, Decimal):
        return valid_for
    if measurement.at_age[-1].low <= value <= measurement.at_age[-1].high:
        return valid_for
    mine = (each for each in young if value <= _most_below(measurement, each.under))
    return next(mine, young[-1]).valid_for


def _most_below(measurement: Measurement, age: timedelta) -> Decimal:
    """The largest value that is plausible in a patient younger than that."""
    return next(each.high for each in measurement.at_age if each.under is None or age <= each.under)


def _by_age(view: View, measurement: Measurement) -> tuple[timedelta, datetime | None]:
    """How old a value may be in a patient of this age, and the birthday on which that changes."""
    person = view.ledger.person
    if person is None or person.born_at is None:
        return measurement.valid_for, None
    for young in measurement.valid_for_young:
        if view.now < person.born_at + young.under:
            return young.valid_for, person.born_at + young.under
    return measurement.valid_for, None
