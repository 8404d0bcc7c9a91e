"""What the indexes of a ledger hold: facts seen through the knowledge base, one entry per ingredient.

An unmapped product has one entry under its label in angle brackets, so that it is seen and counted, never
summed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.clinical import Observation, Order
from schemas.dosage import Dosage
from schemas.issues import NotAssessedReason
from schemas.medications import Medication, Route
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import Contained, FormRelease, Product
from services.safety.ledger.amounts import Amount, PerBody
from services.safety.ledger.body import UNMEASURED, Body, Size

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


class WhenDue(NamedTuple):
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


class Given(NamedTuple):
    """One ingredient of one administration; an infusion or a patch delivers evenly over `lasts`, up to `end`.

    `lingers`: how much longer it acts than it delivers, to `acts_until`. `amount` is None where `problem`
    says why; both are None for a dose that was not done. `per_body`: what was stated per kg or m2, of which
    the ledger knows no amount. `due`: what a check found it to account for, unknown to the ledger. `pace`:
    how fast it is stated to run. As a rule all doses of a drug are of one `kind`, so what is asked of that is
    asked once for many. A named tuple, because every event makes one and some checks make each dose anew.
    """

    entity: str
    ingredient: str
    start: datetime
    lasts: timedelta
    end: datetime
    acts_until: datetime
    amount: Amount | None
    problem: NotAssessedReason | None
    kind: DoseKind
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

    @property
    def goes_by_body(self) -> bool:
        """Whether its amount, or the rate at which it runs on, is stated per kg or m2."""
        return self.per_body is not None or (self.pace is not None and isinstance(self.pace.amount, PerBody))

    def delivering(
        self,
        amount: Amount | None,
        start: datetime,
        lasts: timedelta,
        problem: NotAssessedReason | None = None,
    ) -> "Given":
        """The same dose with another amount, or none because of a problem, and over another time."""
        end = start + lasts
        kind = kind_of(amount, problem, self.route, self.release)
        return self._replace(
            amount=amount, problem=problem, kind=kind,
            start=start, lasts=lasts, end=end, acts_until=end + self.lingers,
        )  # fmt: skip

    def worked_out(self, per: PerBody, size: Size | NotAssessedReason) -> "Given":
        """The same dose for a body of that size; its amount is known no sooner than the size is."""
        if not isinstance(size, Size):
            return self.delivering(None, self.start, self.lasts, size)
        known_at = max(self.received_at, size.known_at)
        return self.delivering(per.of(size), self.start, self.lasts)._replace(received_at=known_at)


def kind_of(
    amount: Amount | None, problem: NotAssessedReason | None, route: Route, release: FormRelease | None
) -> DoseKind:
    """The kind of a dose of so much, or of none because of a problem."""
    if amount is None:
        return dose_kind(problem, route, None, micro=False, release=release)
    return dose_kind(None, route, amount.dimension, micro=amount.micro, release=release)


@dataclass(frozen=True, slots=True)
class OrderOnWard:
    """An order by the hours and clocks of one ward, up to but not including `until`, None for always.

    `begins`: for each of its dosages, the first instant at which a dose may be due there.
    """

    begins: tuple[datetime, ...]
    until: datetime | None
    dosages: tuple[Dosage, ...]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Prescribed:
    """One ingredient of one order that counts; `until` is when it stops being active, None while open.

    `as_needed`: no part of the order is scheduled. `routes` are those of its dosages. `by_body`: some of it
    is stated per kg or m2, to be worked out for `body`, of which the ledger knows nothing. `house_hours`:
    clock times of `order` are those that the house states for so many times a day, not the prescriber's.
    `by_ward`: what the order comes to on each of the patient's wards in turn, where that is not as `order`
    says by the facility's clocks; `order` is then as on the last of them.
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
    house_hours: bool = False
    by_ward: tuple[OrderOnWard, ...] = ()

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


def codes_of(fact: Observation) -> tuple[str, ...]:
    """The codes of an observation as the index spells them: `system|code`."""
    return tuple(dict.fromkeys(f"{coding.system}|{coding.code}" for coding in fact.codings))
