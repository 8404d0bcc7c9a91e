"""What is given by the routes of a pump: by the pump itself, as scheduled or as an infusion, or at once."""

from collections.abc import Iterator

from schemas.medications import Route
from services.safety.checks.amounts.dose_slots import scheduled
from services.safety.checks.amounts.limits import covers
from services.safety.checks.judgement import View
from services.safety.checks.use.course import Span
from services.safety.ledger.entries import Given


def is_by(dose: Given, routes: frozenset[Route]) -> bool:
    """Whether a dose was given by one of the routes."""
    return covers(routes, dose.route, dose.amount is not None and dose.amount.micro)


def given_by(view: View, ingredient: str, routes: frozenset[Route]) -> Iterator[Given]:
    """The doses done by one of the routes, in order of their start."""
    timeline = view.ledger.given.get(ingredient)
    for dose in timeline.entries if timeline is not None else ():
        if dose.done and is_by(dose, routes):
            yield dose


def at_once(view: View, ingredient: str, routes: frozenset[Route]) -> Iterator[Given]:
    """Those of them that are no infusion and of which anything was given, however much."""
    for dose in given_by(view, ingredient, routes):
        something = dose.amount is None or dose.amount.value > 0
        if something and dose.lasts <= view.knowledge.policy.dose.bolus_up_to:
            yield dose


def pumped(view: View, ingredient: str, routes: frozenset[Route]) -> Iterator[Span]:
    """For how long a pump gives: each scheduled order, and each infusion."""
    for entry in view.ledger.prescribed.get(ingredient, ()):
        into = any(route in routes for route in entry.routes)
        if into and not entry.on_hold and scheduled(entry):
            yield entry.start, entry.until, entry.entity
    for dose in given_by(view, ingredient, routes):
        if dose.lasts > view.knowledge.policy.dose.bolus_up_to:
            yield dose.start, dose.end, dose.entity
