"""What the opioids given to a patient amount to as morphine by mouth, and what has no figure.

A scheduled dose counts when it was due: where that is still to come, and more of what was given counts then,
the sum of then is told.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from schemas.issues import NotAssessedReason
from services.safety.checks.amounts.doses_when_due import alone_when_due, when_due
from services.safety.checks.amounts.patches import worn
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.opioids.opioid_equivalents import (
    Counts,
    Equivalent,
    Uncounted,
    equivalent,
    equivalent_of,
    factors,
    rounded,
    total,
)
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline

_NOTHING = Decimal(0)
_CLOCKS_CHANGE = timedelta(hours=1)


class OfDrug(NamedTuple):
    """What was given of one drug: what counts, in the order in which it does, what does not, and when time
    alone may next change that.

    `early`: some of what counts was given before it was due, and that time is still to come. `row`: set where
    all counts by it, nothing is left out, and none is a patch or yet to be given. `mme` is the sum, `until`
    when the last dose that counts already leaves it.
    """

    counted: tuple[Equivalent, ...]
    uncounted: tuple[Uncounted, ...]
    review_at: datetime | None
    early: bool
    row: MmeFactor | None
    mme: Decimal
    until: datetime | None


class Doses(NamedTuple):
    """What counts, what does not, and when time alone may next change that; of which drugs it is.

    `kinds`: the drugs and the rows by which they count, where each drug counts by one row alone, else None.
    """

    counted: tuple[Equivalent, ...]
    uncounted: tuple[Uncounted, ...]
    review_at: datetime | None
    mme: Decimal
    early: bool
    of: Mapping[str, OfDrug]
    kinds: list[tuple[str, str]] | None

    def sure_until(self, tolerance: timedelta) -> datetime | None:
        """Until when at least each of `kinds` is part of the sum, whatever time does.

        When a dose leaves, another one may take its due time and leave by that: sooner by the tolerance, and
        by an hour where clocks change. By the tolerance sooner again, the sum of soon may be told.
        """
        ends = [each.until for each in self.of.values()]
        known = [until for until in ends if until is not None]
        return min(known) - 2 * tolerance - _CLOCKS_CHANGE if known and len(known) == len(ends) else None


_given: Remembered[OfDrug] = Remembered()
_one: Remembered[Equivalent | Uncounted] = Remembered()


def given(
    view: View, ingredients: Iterable[str], window: timedelta, further: FurtherDose | None = None
) -> Doses:
    """The doses given that count now, and the patches worn now; or soon, where these come to more.

    With a `further` dose, those of its drug are kept up with it where they can be.
    """
    knowledge, timelines, prescribed = view.knowledge, view.ledger.given, view.ledger.prescribed
    of: dict[str, OfDrug] = {}
    counted: list[Equivalent] = []
    uncounted: list[Uncounted] = []
    kinds: list[tuple[str, str]] | None = []
    review_at: datetime | None = None
    early, mme = False, _NOTHING
    for name in ingredients:
        timeline = timelines.get(name)
        if timeline is None:
            continue
        orders = prescribed.get(name)
        key = (id(timeline), id(orders), id(knowledge), id(view.wards), name, window)
        known = _given.known(view.now, key)
        if known is not None:
            mine = known[0]
        else:
            if further is not None and further.timeline is timeline:
                before = _given.last(view.now, (id(further.earlier), *key[1:]))
                kept = _kept_up(view, before, further.dose, window)
            else:
                kept = _kept_up(view, _given.last(view.now, key), None, window)
            mine = kept or _given_of(view, name, timeline, window)
            _given.keep(view.now, key, (timeline, orders, knowledge, view.wards), mine, mine.review_at)
        if mine.review_at is None and not mine.uncounted:
            continue
        review_at = sooner(review_at, mine.review_at)
        of[name] = mine
        counted += mine.counted
        uncounted += mine.uncounted
        mme += mine.mme
        early = early or mine.early
        if mine.row is None:
            kinds = None
        elif kinds is not None:
            kinds.append((name, mine.row.id))
    if not early:
        return Doses(tuple(counted), tuple(uncounted), review_at, rounded(mme), early, of, kinds)
    most = _most_at_once(view.now, counted)
    return Doses(most, tuple(uncounted), review_at, total(most), early, of, kinds)


def _most_at_once(now: datetime, doses: Sequence[Equivalent]) -> tuple[Equivalent, ...]:
    """Of what was given, that which counts at the instant from now on at which it comes to most."""
    instants = {one.enters for each in doses if (one := each.counts) is not None and one.enters > now}
    sets = (tuple(each for each in doses if _counts_at(each, at)) for at in sorted({now, *instants}))
    return max(sets, key=total)


def _counts_at(dose: Equivalent, instant: datetime) -> bool:
    counts = dose.counts
    return counts is None or counts.enters <= instant < counts.until


def _kept_up(view: View, known: OfDrug | None, dose: Given | None, window: timedelta) -> OfDrug | None:
    """What was `known` of a drug before some doses left, and a further one came if there is one; None if all
    have to be looked at.

    A further dose changes nothing of the others unless one of them accounts for its due time, nor does one
    that leaves unless its due time may be that of another one. With wards of other hours all are looked at.
    """
    if known is None or known.row is None or view.wards is not None:
        return None
    now, due = view.now, None
    further: Equivalent | None = None
    if dose is not None:
        counts = _counts(alone_when_due(view, dose, window), window)
        one = _of_one(view, dose, factors(view.knowledge, dose.ingredient), counts)
        if counts.until <= now or not isinstance(one, Equivalent) or one.row is not known.row:
            return None
        due, further = counts.due, one
    left: list[Equivalent] = []
    loose = False
    for each in known.counted:
        theirs = each.counts
        if theirs is None or (due is not None and theirs.due == due):
            return None
        if theirs.until > now:
            left.append(each)
            loose = loose or theirs.due is None
    if loose and len(left) < len(known.counted):
        return None
    if further is not None:
        left.insert(bisect_right(left, _enters(further), key=_enters), further)
    return _of_drug(now, left, (), known.row, None)


def _of_drug(
    now: datetime,
    counted: Sequence[Equivalent],
    uncounted: Sequence[Uncounted],
    row: MmeFactor | None,
    review_at: datetime | None,
) -> OfDrug:
    """All of a drug, by its `row` if that is the only one; it is looked at again by `review_at`."""
    until: datetime | None = None
    early, mme = False, _NOTHING
    for each in counted:
        mme += each.mme
        counts = each.counts
        if counts is None:
            continue
        if counts.enters > now:
            early = True
            review_at = sooner(review_at, counts.enters)
        elif until is None or until < counts.until:
            until = counts.until
        review_at = sooner(review_at, counts.until)
    return OfDrug(tuple(counted), tuple(uncounted), review_at, early, row, mme, until)


def _enters(one: Equivalent) -> datetime:
    return one.counts.enters if one.counts is not None else one.start


def _of_one(view: View, dose: Given, rows: Iterable[MmeFactor], counts: Counts) -> Equivalent | Uncounted:
    key = (id(dose), id(rows), counts)
    known = _one.known(view.now, key)
    return (known or _one.keep(view.now, key, (dose, rows), equivalent_of(dose, rows, counts), None))[0]


def _given_of(view: View, ingredient: str, timeline: Timeline[Given], window: timedelta) -> OfDrug:
    counted: list[Equivalent] = []
    uncounted: list[Uncounted] = []
    rows = factors(view.knowledge, ingredient)
    patch = next((row for row in rows if row.worn_for is not None), None)
    on_skin: list[Given] = []
    others: list[Given] = []
    reach = max(window, patch.worn_for) if patch is not None and patch.worn_for is not None else window
    for dose in timeline.overlapping(view.now - reach, view.now):
        if patch is not None and dose.route in patch.routes:
            on_skin.append(dose)
        elif dose.done:
            others.append(dose)
    stated = {dose.entity: dose for dose in others}
    instants = [timeline.next_after(view.now)]
    plain = instants == [None] and not on_skin
    for dose in when_due(view, others, window):
        counts = _counts(dose, window)
        if counts.until <= view.now:
            continue
        one = _of_one(view, stated[dose.entity], rows, counts)
        if isinstance(one, Equivalent):
            counted.append(one)
        else:
            uncounted.append(one)
            instants += (counts.enters, counts.until)
    if patch is not None and patch.worn_for is not None:
        for each in _patches(view, on_skin, patch, patch.worn_for):
            instants.append(each[1])
            if isinstance(each[0], Equivalent):
                counted.append(each[0])
            else:
                uncounted.append(each[0])
    by = {one.row.id: one.row for one in counted}
    row = next(iter(by.values())) if plain and len(by) == 1 and not uncounted else None
    return _of_drug(view.now, counted, uncounted, row, earliest(view.now, *instants))


def _patches(
    view: View, doses: Iterable[Given], row: MmeFactor, worn_for: timedelta
) -> Iterator[tuple[Equivalent | Uncounted, datetime]]:
    for patch in worn(view, doses, worn_for):
        dose = patch.dose
        if patch.off <= view.now:
            continue
        if row.factor is None:
            yield Uncounted(dose.ingredient, dose.entity, f"no factor in {row.table}"), patch.off
        elif patch.per_hour is None:
            why = "a patch whose strength per hour is not stated"
            reason = NotAssessedReason.UNCONVERTIBLE_UNIT
            yield Uncounted(dose.ingredient, dose.entity, why, reason), patch.off
        else:
            yield equivalent(dose, patch.per_hour, row, row.factor), patch.off


def _counts(dose: Given, window: timedelta) -> Counts:
    due = dose.due
    if due is None:
        return Counts(dose.start, dose.end + window)
    return Counts(due.enters, due.leaves + dose.lasts + window, due.at)
