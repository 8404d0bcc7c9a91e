"""What infusions without a stated end have delivered: their rate, over the time they are known to run.

House rule: known to run is what is stated to be in progress under an order for a rate alone, which was in
force when it began and is not on hold now. An order for doses has each of them end, and nobody knows when: of
an infusion under one, or under none, no sum is made before its end is stated. It runs until something ends
it, and for as long after the last word about it as a day's doses are of interest: from then on nobody knows.
That its source is silent ends nothing: an overdose is not over because no more is heard of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from schemas.clinical import Administration, Outcome
from schemas.dosage import Dosage
from services.safety.checks.amounts.open_infusions import OpenInfusion, open_infusions, without_end
from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.body_size import body_size_at
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.amounts import Amount, PerBody
from services.safety.ledger.body import Size
from services.safety.ledger.entries import Given, Pace, Prescribed
from services.safety.ledger.timeline import Timeline

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_A_SECOND = 1_000_000
_PLACES = 9
_pace = attrgetter("pace")


class RunningOn(NamedTuple):
    """`dose`: over the time for which it is known to run, with the amount that runs in. `until`: when it was
    or will be ended; later than the dose where nobody knows for how long it ran.
    """

    dose: Given
    until: datetime


def runs_on(timeline: Timeline[Given]) -> bool:
    """Whether any dose of a drug has a rate and neither an amount nor an end."""
    return any(map(_pace, timeline.entries)) and any(map(_unsummed, timeline.entries))


def running_on(view: View, ingredient: str) -> tuple[list[RunningOn], datetime | None]:
    """The infusions of a drug that can be added up, and when time alone may next change one."""
    timeline = view.ledger.given.get(ingredient)
    if timeline is None or not runs_on(timeline):
        return [], None
    infusions, review_at = open_infusions(view, ingredient)
    found: list[RunningOn] = []
    for each in infusions:
        dose = _delivered(view, each) if _unsummed(each.dose) and _known_to_run(view, each.dose) else None
        if dose is not None:
            found.append(RunningOn(dose, each.until))
            review_at = earliest(view.now, review_at, dose.end)
    return found, review_at


def with_what_runs(
    view: View, ingredient: str, doses: tuple[Given, ...]
) -> tuple[tuple[Given, ...], datetime | None]:
    """Doses of a drug, in order, with the amounts of what runs on; those that began before them come too."""
    infusions, review_at = running_on(view, ingredient)
    return _joined(doses, infusions), review_at


def seen_with_what_runs(
    view: View, ingredient: str, since: datetime, window: timedelta
) -> tuple[tuple[Given, ...], datetime | None]:
    """The doses from `since` on, with what runs on; and those of a `window` before an infusion began that has
    not ended, so that the sum with which too much began stays what it was for as long as it is told.
    """
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return (), None
    infusions, review_at = running_on(view, ingredient)
    begun = (each.dose.start - window for each in infusions if view.now < each.until)
    return _joined(timeline.overlapping(min((since, *begun)), view.now), infusions), review_at


def _joined(doses: tuple[Given, ...], infusions: Sequence[RunningOn]) -> tuple[Given, ...]:
    if not infusions:
        return doses
    running = {each.dose.entity: each.dose for each in infusions}
    others = (dose for dose in doses if dose.entity not in running)
    return tuple(sorted((*others, *running.values()), key=lambda dose: (dose.start, dose.entity)))


def goes_on(view: View, ingredient: str, doses: Sequence[Given]) -> bool:
    """Whether any of the doses has not ended by now: nobody knows what the sum will come to, and what can be
    told is the sum with which too much began.
    """
    endless = {each.dose.entity for each in running_on(view, ingredient)[0] if view.now < each.until}
    return bool(endless) and any(dose.entity in endless for dose in doses)


def _unsummed(dose: Given) -> bool:
    return dose.pace is not None and dose.amount is None and without_end(dose)


def _known_to_run(view: View, dose: Given) -> bool:
    fact = view.ledger.facts.get(dose.entity)
    if not isinstance(fact, Administration) or fact.outcome is not Outcome.IN_PROGRESS:
        return False
    orders = [each for each in view.ledger.prescribed.get(dose.ingredient, ()) if each.entity == dose.order]
    return any(_keeps_running(entry, dose.start) for entry in orders)


def _keeps_running(entry: Prescribed, begun: datetime) -> bool:
    dosages = entry.order.dosages
    in_force = not entry.on_hold and (entry.until is None or entry.until > begun)
    return in_force and bool(dosages) and all(map(_of_a_rate_alone, dosages))


def _of_a_rate_alone(dosage: Dosage) -> bool:
    in_doses = dosage.dose_low or dosage.dose_high or dosage.times_low or dosage.times_of_day or dosage.once
    return dosage.rate is not None and not in_doses


def _delivered(view: View, infusion: OpenInfusion) -> Given | None:
    """The dose with the amount of its rate; None where the rate is no amount of the drug."""
    dose = infusion.dose
    pace, fact = dose.pace, view.ledger.facts[dose.entity]
    assert pace is not None  # noqa: S101 - else it would have an end or no rate
    rate, received_at = _rate(view, dose, pace)
    if rate is None:
        return None
    heard = max(dose.start, fact.recorded_at) + trusted_for(view.knowledge)
    lasts = min(infusion.until, heard) - dose.start
    seconds = Decimal(lasts // _MICROSECOND) / _MICROSECONDS_A_SECOND
    amount = Amount(
        round(rate.value * seconds / pace.seconds, _PLACES), rate.dimension, rate.micro, rate.worked_out
    )
    said = f"{pace.stated}, no end stated"
    return dose.delivering(amount, dose.start, lasts)._replace(stated=said, received_at=received_at)


def _rate(view: View, dose: Given, pace: Pace) -> tuple[Amount | None, datetime]:
    amount = pace.amount
    if not isinstance(amount, PerBody):
        return (amount if isinstance(amount, Amount) else None), dose.received_at
    size = body_size_at(view, dose.start, amount.unit)
    if not isinstance(size, Size):
        return None, dose.received_at
    return amount.of(size), max(dose.received_at, size.known_at)


def trusted_for(knowledge: KnowledgeBase) -> timedelta:
    """For how long after the last word about an infusion it is taken to run on."""
    return knowledge.policy.dose.point_event + knowledge.policy.dose.retrospective
