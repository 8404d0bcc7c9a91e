"""Whether any row says how much of a drug is too much, by the way in which it is given.

House rules. Limits of a day or of one dose say so, and totals of a lifetime; for opioids the morphine
equivalents of the day; for what runs, rows about infusions, which are dosed by their rate. Of a single dose a
limit says nothing once it runs. How fast an injection may go in, how long to wait, with how much to begin,
what failing kidneys or a liver allow: none of these says how much is too much for everybody else. What names
neither an age nor a weight nor a body surface is for adults: by the policy's age it says nothing of a child.
Drafts say nothing to anybody.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from schemas.medications import Route
from services.safety.checks.amounts.applicability import applicable
from services.safety.checks.amounts.limits import Rule, covers, rules
from services.safety.checks.judgement import View, sooner
from services.safety.checks.patient.coded_conditions import stated
from services.safety.checks.patient.years_of_age import age_of, reaches_age
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.infusion_rate import InfusionRate
from services.safety.knowledge.kinds.lifetime import LifetimeDose
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.knowledge.kinds.opioid_load import OpioidLoad
from services.safety.knowledge.models import LimitKind
from services.safety.knowledge.products import FormRelease
from services.safety.knowledge.ruling import DrugRule
from services.safety.ledger.entries import Given, Prescribed

LOCAL = frozenset({Route.TOPICAL, Route.OPHTHALMIC, Route.OTIC, Route.INHALED})
"""What is given so is meant for the place where it is given. Whether the nose is one, the drug says."""

SYSTEMIC = frozenset(Route) - LOCAL - {Route.NASAL}
"""Routes by which a drug reaches the rest of the body, and those of which nobody knows that it does not."""


class Way(NamedTuple):
    """All of a dose or an order that decides which rows speak of it; `runs`: it is an infusion."""

    route: Route
    release: FormRelease | None
    micro: bool
    runs: bool


class Limited(Enum):
    """Whom a row holds for that says how much is too much: everybody, all adults, some patients only, or
    nobody.

    `LOCAL`: there is none, and none is missed.
    """

    EVERYBODY = auto()
    ADULTS = auto()
    SOME = auto()
    NOBODY = auto()
    LOCAL = auto()


def way_of(dose: Given, bolus_up_to: timedelta) -> Way:
    """The way in which a dose was given."""
    runs = dose.lasts > bolus_up_to or (dose.pace is not None and not dose.lasts)
    return Way(dose.route, dose.release, dose.kind.micro, runs)


def ways_of(entry: Prescribed) -> frozenset[Way]:
    """The ways in which an order has the drug given; one that states no dosage states no route."""
    ways = (Way(each.route, entry.release, False, each.rate is not None) for each in entry.order.dosages)
    return frozenset(ways) or frozenset({Way(Route.UNKNOWN, entry.release, False, False)})


@lru_cache(maxsize=65_536)
def limited(knowledge: KnowledgeBase, ingredient: str, way: Way) -> Limited:
    """Whom a limit of the drug, given so, holds for. Looked up once for each way."""
    mine = [rule for kind in LimitKind for rule in rules(knowledge, ingredient, kind) if _speaks(rule, way)]
    others = list(_others(knowledge, ingredient, way))
    wide = [rule for rule in mine if _for_everybody(rule)]
    whole = [row for row in others if not _only_for_some(row)]
    if any(not _for_adults(rule) for rule in wide) or any(not isinstance(row, MmeFactor) for row in whole):
        return Limited.EVERYBODY
    if wide or whole:
        return Limited.ADULTS
    if mine or others:
        return Limited.SOME
    return Limited.NOBODY if _missed(knowledge, ingredient, way.route) else Limited.LOCAL


def is_child(view: View) -> tuple[bool, datetime | None]:
    """Whether a patient is known to be too young for what is for adults, and until when."""
    from_age, person = view.knowledge.policy.dose.adult_limits_from, view.ledger.person
    if from_age is None or person is None or person.born_at is None:
        return False, None
    grown = reaches_age(person.born_at, from_age)
    return (True, grown) if view.now < grown else (False, None)


def holds(view: View, ingredient: str, way: Way, *, child: bool) -> tuple[bool, datetime | None]:
    """Whether a limit that is for some patients holds for this one, and when time alone may change that.

    One that cannot be applied because age, weight or height is not known counts: that is said elsewhere.
    """
    held = False
    review_at: datetime | None = None
    for kind in LimitKind:
        found = applicable(view, ingredient, kind)
        review_at = sooner(review_at, found.review_at)
        asked = (*found.rules, *(rule for _, rule in found.left_out))
        held = held or any(_speaks(rule, way) and not (child and _for_adults(rule)) for rule in asked)
    for row in _others(view.knowledge, ingredient, way):
        mine, changes = _is_for(view, row)
        review_at = sooner(review_at, changes)
        held = held or (mine and not (child and isinstance(row, MmeFactor)))
    return held, review_at


def _speaks(rule: Rule, way: Way) -> bool:
    of_one_dose = rule.row.kind is LimitKind.SINGLE
    in_force = not rule.row.shadow and not (of_one_dose and way.runs)
    return in_force and rule.of_form(way.release) and rule.covers(way.route, micro=False)


def _for_everybody(rule: Rule) -> bool:
    by_weight = rule.row.weight_from is not None or rule.row.weight_below is not None
    return not (rule.aged or rule.conditional or by_weight)


def _for_adults(rule: Rule) -> bool:
    return _for_everybody(rule) and rule.row.per is None


def _others(knowledge: KnowledgeBase, ingredient: str, way: Way) -> Iterator[DrugRule]:
    """The rows in force about that way of giving that are no limits and yet say how much is too much."""
    loads = any(not row.shadow for row in knowledge.rules_of(ingredient, OpioidLoad))
    for row in knowledge.every_rule_of(ingredient):
        if row.shadow or not covers(frozenset(row.routes), way.route, way.micro):
            continue
        match row:
            case MmeFactor():
                says = loads and row.factor is not None
            case InfusionRate():
                says = way.runs and row.longer_than is not None
            case _:
                says = isinstance(row, LifetimeDose)
        if says:
            yield row


def _only_for_some(row: DrugRule) -> bool:
    match row:
        case InfusionRate():
            return row.aged or row.not_in is not None
        case LifetimeDose():
            return row.only_in is not None
        case _:
            return False


def _is_for(view: View, row: DrugRule) -> tuple[bool, datetime | None]:
    match row:
        case InfusionRate():
            age, birthday = age_of(view) if row.aged else (None, None)
            barred, changes = stated(view, row.not_in)
            return row.is_for(age) and not barred, sooner(birthday, changes)
        case LifetimeDose(only_in=condition) if condition is not None:
            entities, changes = stated(view, condition)
            return bool(entities), changes
        case _:
            return True, None


def _missed(knowledge: KnowledgeBase, ingredient: str, route: Route) -> bool:
    """Whether a limit is missed where there is none: by the nose only for drugs with one by other routes."""
    if route is not Route.NASAL:
        return route in SYSTEMIC
    drug = knowledge.drug(ingredient)
    routes = {each for row in knowledge.rules_of(ingredient, MmeFactor) for each in row.routes}
    if drug is not None:
        routes.update(each for row in drug.limits for each in row.routes)
    return not routes.isdisjoint(SYSTEMIC)
