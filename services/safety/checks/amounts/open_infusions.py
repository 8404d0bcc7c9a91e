"""Infusions of which a rate is stated and no end: they run until something ends them.

House rule: what ends one is the next infusion of the drug by the same route and under the same order, the
end of its order, or the end of the stay in which it began. On hold ends none: whether the pump stands still
is its source's to tell. Where nothing ends it, it runs for as long as a dose of the drug may be looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.safety.checks.judgement import View, earliest
from services.safety.ledger.entries import Given
from services.safety.ledger.pruning import reach


@dataclass(frozen=True, slots=True)
class OpenInfusion:
    """A dose that runs, or ran, from its start until `until`."""

    dose: Given
    until: datetime


def without_end(dose: Given) -> bool:
    """Whether a dose is an infusion that is not stated to have ended."""
    return dose.done and dose.pace is not None and not dose.lasts


def open_infusions(view: View, ingredient: str) -> tuple[list[OpenInfusion], datetime | None]:
    """All of an ingredient that have begun by now, and when time alone may next change one."""
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return [], None
    longest = reach(view.knowledge, ingredient)
    review_at = timeline.next_after(view.now)
    begun = timeline.overlapping(view.now - longest, view.now)
    found: list[OpenInfusion] = []
    for place, dose in enumerate(begun):
        if without_end(dose) and view.now < dose.start + longest:
            until = min((dose.start + longest, *_ends(view, dose, begun[place + 1 :])))
            found.append(OpenInfusion(dose, until))
            review_at = earliest(view.now, review_at, until)
    return found, review_at


def _ends(view: View, dose: Given, later: Sequence[Given]) -> list[datetime]:
    """The known instants at which something ended it."""
    ends = [
        next(
            (
                each.start
                for each in later
                if each.done
                and each.pace is not None
                and each.start > dose.start
                and (each.route, each.order) == (dose.route, dose.order)
            ),
            None,
        )
    ]
    ends += [
        entry.until for entry in view.ledger.prescribed.get(dose.ingredient, ()) if entry.entity == dose.order
    ]
    ends += [
        stay.ends_at
        for stay in view.ledger.encounters.values()
        if stay.inpatient and stay.effective_at <= dose.start
    ]
    return [instant for instant in ends if instant is not None and instant > dose.start]
