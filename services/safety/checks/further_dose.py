"""A further dose of a drug that is in use anyway: most events are one, and it changes few answers.

It is given by now under an order of the ward that is in force, by a route of that order, after every other
dose of the drug. Whatever asks only whether a drug is in use has its answer by that order: it is scheduled,
or a dose was given under it within the time for which as-needed doses are remembered at least.
"""

from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from immutables import Map

from schemas.medications import Route
from services.safety.checks.judgement import Judgement, View
from services.safety.checks.local_routes import LOCAL_ROUTES
from services.safety.checks.spaced import Spaced
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.ledger import Change
from services.safety.ledger.pruning import REMEMBERED
from services.safety.ledger.timeline import Timeline

_GIVEN = frozenset({"given"})


class FurtherDose(NamedTuple):
    """`dose` came after `before`, the last dose of the drug until then, under `order`.

    `timeline` holds it, `earlier` was the timeline until then, but for what may have been forgotten since.
    """

    dose: Given
    before: Given
    order: Prescribed
    timeline: Timeline[Given]
    earlier: Timeline[Given]


@runtime_checkable
class Steady(Protocol):
    """A check that can tell cheaply that an answer stands although a dose was given."""

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Whether the answer held until now is still the answer with a further dose, but for its evidence.

        True promises that the check, asked now, would find the same issues with all that is told or compared
        of them (severity, level, subjects, shadow, retrospective, sources, reason), and that time alone
        changes none of that before the review of the answer held. `view.alive` is not to be looked at.

        How doses are `Spaced` promises as much of every further dose under a scheduled order that is like the
        one before and so spaced, if this one is, until the question is asked again: by its review or because
        anything that the check reads has changed. Nobody looks at the answer after these.
        """
        ...


class AsksOnlyUse:
    """A check of which every answer stands: whether drugs are in use is all that it asks of doses."""

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool:  # noqa: ARG002
        """Always."""
        return True


class AsksOfAsNeeded:
    """A check of which every answer stands after a dose of a scheduled order, which keeps its drug in use."""

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool:
        """For a dose of a scheduled order always."""
        return not further.order.as_needed or self.stands_as_needed(view, further, held)

    def stands_as_needed(self, view: View, further: FurtherDose, held: Judgement) -> bool:  # noqa: ARG002
        """The same for a dose of an order as needed; unless a check says so it is asked again."""
        return False


class RestsOnOthers:
    """A check about all drugs of which what is promised of one drug's doses rests on what is promised of the
    others': it ends for all of them with a dose after which the answer stands and nothing is promised.
    """


def further_doses(view: View, earlier: Map[str, Timeline[Given]], change: Change) -> tuple[FurtherDose, ...]:
    """What a change brought, one for each ingredient, if that is all it brought; else nothing.

    `earlier` are the doses before the change.
    """
    ledger, fact = view.ledger, change.fact
    if change.inputs != _GIVEN or change.previous is not None or ledger.joined or ledger.by_body:
        return ()
    found: list[FurtherDose] = []
    for ingredient in change.ingredients:
        further = _further_dose(view, earlier, ingredient, fact.entity)
        if further is None:
            return ()
        found.append(further)
    return tuple(found)


def _further_dose(
    view: View, earlier: Map[str, Timeline[Given]], ingredient: str, entity: str
) -> FurtherDose | None:
    was, timeline = earlier.get(ingredient), view.ledger.given.get(ingredient)
    if was is None or timeline is None or len(timeline.entries) < 2:
        return None
    dose, before = timeline.entries[-1], timeline.entries[-2]
    if dose.entity != entity or before is not was.entries[-1] or not dose.done or dose.start > view.now:
        return None
    for order in view.ledger.prescribed.get(ingredient, ()):
        if order.entity == dose.order:
            return (
                FurtherDose(dose, before, order, timeline, was)
                if _keeps_in_use(order, dose, before, view.now)
                else None
            )
    return None


def _keeps_in_use(order: Prescribed, dose: Given, before: Given, now: datetime) -> bool:
    in_force = order.start < dose.start and (order.until is None or now < order.until)
    if not in_force or order.on_hold or order.order.community or dose.route is Route.UNKNOWN:
        return False
    if dose.route not in order.routes or order.routes <= LOCAL_ROUTES:
        return False
    if all(dosage.once for dosage in order.order.dosages):
        return False
    if not order.as_needed:
        return True
    drawn = before.done and before.order == order.entity and before.route is dose.route
    return drawn and before.start >= order.start and now < before.end + REMEMBERED
