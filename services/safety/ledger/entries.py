"""What the indexes of a ledger hold: facts seen through the knowledge base, one entry per ingredient.

An unmapped product has one entry under its label in angle brackets, so that it is seen and counted, never
summed.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from schemas.clinical import Administration, Medication, Observation, Order, Outcome, Rate, Route
from schemas.issues import NotAssessedReason
from schemas.quantities import Quantity, plain
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import Basis, Contained, FormRelease, Product
from services.safety.ledger.amounts import Amount, PerBody, stated_amount
from services.safety.ledger.body import UNMEASURED, Body, Size
from services.safety.ledger.patch_strength import given_off, release_of

_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True, eq=False)
class DoseKind:
    """All that decides which limits a dose counts for. There is one object for each kind, known by identity.

    `dimension` is None where the amount is not known.
    """

    problem: NotAssessedReason | None
    route: Route
    dimension: str | None
    micro: bool
    release: FormRelease | None


@cache
def dose_kind(
    problem: NotAssessedReason | None,
    route: Route,
    dimension: str | None,
    micro: bool,
    release: FormRelease | None,
) -> DoseKind:
    """The kind of such doses; of the few values that there are, none is ever forgotten."""
    return DoseKind(problem, route, dimension, micro, release)


@dataclass(frozen=True, slots=True)
class WhenDue:
    """The due time that a dose accounts for; a sum holds it from `enters` on, and drops it by `leaves`."""

    at: datetime
    enters: datetime
    leaves: datetime


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a dose is stated to run: `amount` in `seconds`, or why that is not known."""

    amount: Amount | PerBody | NotAssessedReason
    seconds: Decimal
    stated: str


@dataclass(frozen=True, slots=True)
class Given:
    """One ingredient of one administration; an infusion or a patch delivers evenly over `lasts`.

    `lingers`: how much longer it acts than it delivers. `amount` is None where `problem` says why; both are
    None for a dose that was not done. `per_body`: what was stated per kg or m2, of which the ledger knows no
    amount. `due`: what a check found it to account for, unknown to the ledger. `pace`: how fast it is stated
    to run. As a rule all doses of a drug are of one `kind`, so what is asked of that is asked once for many.
    """

    entity: str
    ingredient: str
    start: datetime
    lasts: timedelta
    amount: Amount | None
    problem: NotAssessedReason | None
    done: bool
    route: Route
    order: str | None
    by_text: bool
    received_at: datetime
    source: str
    stated: str
    lingers: timedelta = _NO_TIME
    release: FormRelease | None = None
    per_body: PerBody | None = None
    due: WhenDue | None = None
    pace: Pace | None = None
    kind: DoseKind = field(init=False)
    end: datetime = field(init=False)
    """When delivery is complete."""
    acts_until: datetime = field(init=False)
    """When it ceases to act, as far as a rule about its release says so."""

    def __post_init__(self) -> None:
        amount = self.amount
        if amount is None:
            kind = dose_kind(self.problem, self.route, None, False, self.release)
        else:
            kind = dose_kind(None, self.route, amount.dimension, amount.micro, self.release)
        end = self.start + self.lasts if self.lasts else self.start
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "end", end)
        object.__setattr__(self, "acts_until", end + self.lingers if self.lingers else end)

    def worked_out(self, per: PerBody, size: Size | NotAssessedReason) -> "Given":
        """The same dose for a body of that size; its amount is known no sooner than the size is."""
        if not isinstance(size, Size):
            return replace(self, problem=size)
        known_at = max(self.received_at, size.known_at)
        return replace(self, amount=per.of(size), problem=None, received_at=known_at)


@dataclass(frozen=True, slots=True)
class Prescribed:
    """One ingredient of one order that counts; `until` is when it stops being active, None while open.

    `as_needed`: no part of the order is scheduled. `routes` are those of its dosages. `by_body`: some of it
    is stated per kg or m2, to be worked out for `body`, of which the ledger knows nothing.
    """

    entity: str
    ingredient: str
    start: datetime
    until: datetime | None
    on_hold: bool
    as_needed: bool
    routes: frozenset[Route]
    product: Product
    content: Contained | None
    by_text: bool
    order: Order
    by_body: bool = False
    body: Body = UNMEASURED

    @property
    def release(self) -> FormRelease | None:
        """How the product lets the drug go, None where that is not known."""
        return self.product.release


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation under one of its codes."""

    entity: str
    start: datetime
    code: str
    fact: Observation

    @property
    def lasts(self) -> timedelta:
        """An observation has no duration here."""
        return _NO_TIME


def unmapped_key(label: str) -> str:
    """The index key of a product that the knowledge base does not know."""
    return f"<{label.strip().lower() or 'no name'}>"


def ingredients_of(
    medication: Medication, knowledge: KnowledgeBase
) -> tuple[tuple[str, Product, Contained | None], ...]:
    """Each ingredient of a medication with its product, or one unmapped entry."""
    product = knowledge.product(medication)
    if not product.mapped:
        return ((unmapped_key(product.label), product, None),)
    return tuple((content.ingredient, product, content) for content in product.contents)


def given_of(fact: Administration, knowledge: KnowledgeBase) -> tuple[Given, ...]:
    """The entries of one administration."""
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
        entries.append(
            Given(
                entity=fact.entity,
                ingredient=ingredient,
                start=fact.effective_at,
                lasts=mine if done else lasts,
                amount=amount,
                problem=problem,
                done=done,
                route=fact.route,
                order=fact.order,
                by_text=product.basis is Basis.TEXT,
                received_at=fact.received_at,
                source=fact.source,
                stated=str(dose) if dose else "",
                lingers=patch.lingers if patch is not None and done else _NO_TIME,
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


def codes_of(fact: Observation) -> tuple[str, ...]:
    """The codes of an observation as the index spells them: `system|code`."""
    return tuple(dict.fromkeys(f"{coding.system}|{coding.code}" for coding in fact.codings))


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
