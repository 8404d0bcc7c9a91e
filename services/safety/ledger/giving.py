"""What an administration gave: an entry of the ledger for each ingredient of its product."""

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from schemas.clinical import Administration, Outcome
from schemas.dosage import Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from schemas.quantities import Quantity, plain
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import Basis, Contained, FormRelease, Product
from services.safety.ledger.amounts import Amount, PerBody, stated_amount
from services.safety.ledger.entries import Given, Pace, ingredients_of, kind_of
from services.safety.ledger.patch_strength import depot_acts, given_off, release_of

_NO_TIME = timedelta(0)
_REMEMBERED = 50_000


def given_of(fact: Administration, knowledge: KnowledgeBase) -> tuple[Given, ...]:
    """The entries of one administration."""
    said = _as_stated(fact)
    if said is None:
        return _given_of(fact, knowledge)
    alike = _alike(knowledge)
    known = alike.get(said)
    if known is None:
        if len(alike) >= _REMEMBERED:
            alike.clear()
        known = alike[said] = _given_of(fact, knowledge)
    start = fact.effective_at
    return tuple(
        [
            each._replace(
                entity=fact.entity, start=start, end=start, acts_until=start + each.lingers,
                order=fact.order, received_at=fact.received_at, source=fact.source,
            )
            for each in known
        ]
    )  # fmt: skip


@lru_cache(maxsize=8)
def _alike(  # one for each base
    knowledge: KnowledgeBase,  # noqa: ARG001
) -> dict[tuple[object, ...], tuple[Given, ...]]:
    """By what was stated of it, what was given by the first of many doses alike: a ward gives the same again
    and again, and recognising a product and its amount is most of what a dose costs the ledger.
    """
    return {}


def _as_stated(fact: Administration) -> tuple[object, ...] | None:
    """All that decides what a dose given at one instant holds, letter by letter; None for any other.

    The amount is compared by its digits: 5 and 5.0 are equal, and not told alike.
    """
    medication, dose = fact.medication, fact.dose
    if dose is None or fact.rate is not None or fact.ended_at is not None or medication.ingredients:
        return None
    if fact.outcome is Outcome.NOT_DONE or fact.route is Route.TRANSDERMAL:
        return None
    codings = [(each.system, each.code, each.display) for each in medication.codings]
    return (medication.text, *codings, str(dose.value), dose.unit, fact.route)


def _given_of(fact: Administration, knowledge: KnowledgeBase) -> tuple[Given, ...]:
    done = fact.outcome is not Outcome.NOT_DONE
    lasts = (fact.ended_at - fact.effective_at) if fact.ended_at is not None else _NO_TIME
    dose = fact.dose or _delivered(fact, lasts)
    entries = []
    for ingredient, product, content in ingredients_of(fact.medication, knowledge):
        amount: Amount | None = None
        problem: NotAssessedReason | None = None
        per: PerBody | None = None
        patch = release_of(knowledge, ingredient, fact.route)
        worn = patch is not None and fact.ended_at is None
        mine = patch.worn_for if patch is not None and worn else lasts
        if done:
            outcome = (
                given_off(fact.dose, fact.rate, mine) if patch else _amount(fact, dose, product, content)
            )
            if isinstance(outcome, PerBody):
                per, problem = outcome, outcome.missing
            elif isinstance(outcome, Amount):
                amount = outcome
            else:
                problem = outcome
        delivers = mine if done else lasts
        lingers = patch.lingers if patch is not None and done else _NO_TIME
        if done and product.release is FormRelease.DEPOT:
            lingers = depot_acts(knowledge, ingredient, fact.route)
        end = fact.effective_at + delivers
        entries.append(
            Given(
                entity=fact.entity,
                ingredient=ingredient,
                start=fact.effective_at,
                lasts=delivers,
                end=end,
                acts_until=end + lingers,
                amount=amount,
                problem=problem,
                kind=kind_of(amount, problem, fact.route, product.release),
                done=done,
                route=fact.route,
                order=fact.order,
                by_text=product.basis is Basis.TEXT,
                received_at=fact.received_at,
                source=fact.source,
                stated=str(dose) if dose else "",
                lingers=lingers,
                release=product.release,
                per_body=per,
                pace=_pace(fact.rate, product, content) if fact.rate is not None and not patch else None,
            )
        )
    return tuple(entries)


def _pace(rate: Rate, product: Product, content: Contained | None) -> Pace:
    if content is None:
        amount: Amount | PerBody | NotAssessedReason = NotAssessedReason.UNMAPPED_DRUG
    else:
        amount = stated_amount(rate.amount, product, content)
    return Pace(amount, rate.per_seconds, f"{rate.amount} in {plain(rate.per_seconds)} s")


def _delivered(fact: Administration, lasts: timedelta) -> Quantity | None:
    if fact.rate is None or lasts == _NO_TIME:
        return None
    seconds = Decimal(lasts // timedelta(microseconds=1)) / 1_000_000
    value = fact.rate.amount.value * seconds / fact.rate.per_seconds
    return Quantity(value=round(value, 9), unit=fact.rate.amount.unit)


def _amount(
    fact: Administration, dose: Quantity | None, product: Product, content: Contained | None
) -> Amount | PerBody | NotAssessedReason:
    if content is None:
        return NotAssessedReason.UNMAPPED_DRUG
    if dose is None:
        return NotAssessedReason.TEXT_ONLY_DOSE if fact.dose_text else NotAssessedReason.MISSING_DOSE
    return stated_amount(dose, product, content)
