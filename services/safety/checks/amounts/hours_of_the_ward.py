"""Doses of orders that tell how often and no clock times: the ward gives them at hours that nobody stated.

The due times of such an order are a guess, spaced evenly from its start. So a dose of it that comes early by
no more than the ward's tolerance is no second one within the window, however far above the limit two of them
are: it enters the window late by that much. What makes an excess is told from when all of it was given.

A guessed due time that comes sooner after a dose than the doses of the order are apart is no dose to come:
the ward has given that one. A dose that itself came too soon after the one before is an extra one, and says
nothing of the hours.

Where the house states its hours, the due times are those. The prescriber stated none still, and a ward may
differ from the house, so all this holds for them too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from schemas.dosage import Dosage
from services.safety.checks.amounts.dose_slots import closest, scheduled, spacing
from services.safety.checks.amounts.doses_when_due import minutes_matter
from services.safety.checks.amounts.due_doses import DueDose
from services.safety.checks.amounts.rolling_sum import entered
from services.safety.checks.judgement import View
from services.safety.ledger.entries import Given, Prescribed, WhenDue


def as_spaced_by_the_ward(view: View, doses: Sequence[Given], window: timedelta) -> Sequence[Given]:
    """The doses of one ingredient in the order in which they enter, those under such an order late."""
    entries = view.ledger.prescribed.get(doses[0].ingredient) if doses else None
    orders = [entry for entry in entries or () if tells_no_clock_times(entry)]
    if not orders or minutes_matter(window, view.knowledge.house.tolerance):
        return doses
    late = [
        _entering_late(dose, view.tolerance_at(dose.start))
        if dose.lasts <= view.tolerance_at(dose.start) and any(_under(view, entry, dose) for entry in orders)
        else dose
        for dose in doses
    ]
    return sorted(late, key=entered)


def tells_no_clock_times(entry: Prescribed) -> bool:
    """Whether an order has a dosage of which it says how often, and not when."""
    return entry.house_hours or (
        not entry.order.community and any(spacing(dosage) is not None for dosage in scheduled(entry))
    )


def still_to_come(
    view: View, due: Sequence[DueDose], doses: Sequence[Given], longest: timedelta
) -> list[DueDose]:
    """The due doses without those that the ward gave at hours of its own.

    `doses` are those of the drug, done or not, for twice `longest` at least; an order whose doses are further
    apart than that keeps its due times.
    """
    entries = {each.entry.entity: each.entry for each in due}
    given_for = {name: _given_for(view, entry, doses, longest) for name, entry in entries.items()}
    return [
        each
        for each in due
        if not any(after < each.at < before for after, before in given_for[each.entry.entity])
    ]


def _given_for(
    view: View, entry: Prescribed, doses: Sequence[Given], longest: timedelta
) -> list[tuple[datetime, datetime]]:
    """The times within which a dose of an order without clock times leaves no room for the next one."""
    dosages = scheduled(entry)
    between = _apart(entry, dosages[0]) if len(dosages) == 1 else None
    if between is None:
        return []
    found: list[tuple[datetime, datetime]] = []
    before: datetime | None = None
    for dose in doses:
        tolerance = view.tolerance_at(dose.start)
        apart = between - tolerance if _at_stated_hours(entry, dosages[0]) else between
        if apart <= longest and _under(view, entry, dose):
            if before is None or dose.start - before >= apart - tolerance:
                found.append((dose.start, dose.start + apart - tolerance))
            before = dose.start
    return found


def _at_stated_hours(entry: Prescribed, dosage: Dosage) -> bool:
    """Whether hours of the house or a ward stand for it; not evenly apart, and a dose may be late."""
    return entry.house_hours and bool(entry.by_ward or dosage.times_of_day)


def _apart(entry: Prescribed, dosage: Dosage) -> timedelta | None:
    """How far apart the doses are; by stated hours the nearest two, on any of the wards."""
    if not _at_stated_hours(entry, dosage):
        return spacing(dosage)
    place = next(n for n, each in enumerate(entry.order.dosages) if each is dosage)
    return closest([on_ward.dosages[place] for on_ward in entry.by_ward] or [dosage])


def _under(view: View, entry: Prescribed, dose: Given) -> bool:
    """Whether a dose names the order, or names none while the order stands."""
    if dose.order is not None:
        return dose.order == entry.entity
    tolerance, ends = view.tolerance_at(dose.start), entry.until
    return entry.start - tolerance <= dose.start and (ends is None or dose.start <= ends + tolerance)


def _entering_late(dose: Given, tolerance: timedelta) -> Given:
    at, leaves = (dose.start, dose.start) if dose.due is None else (dose.due.at, dose.due.leaves)
    return dose._replace(due=WhenDue(at, dose.start + tolerance, leaves))
