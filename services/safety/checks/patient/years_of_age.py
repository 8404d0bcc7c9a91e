"""How old a patient is, in years of 365.25 days."""

from datetime import datetime, timedelta
from decimal import Decimal

from services.safety.checks.judgement import View, earliest

_YEAR_SECONDS = Decimal("31557600")


def years_old(born_at: datetime, at: datetime) -> Decimal:
    """The age at an instant."""
    return Decimal(int((at - born_at).total_seconds())) / _YEAR_SECONDS


def age_of(view: View) -> tuple[Decimal | None, datetime | None]:
    """The age now, None where it is not known, and the next birthday by that count."""
    person = view.ledger.person
    if person is None or person.born_at is None:
        return None, None
    age = years_old(person.born_at, view.now)
    return age, earliest(view.now, reaches_age(person.born_at, Decimal(int(age) + 1)))


def reaches_age(born_at: datetime, age: Decimal) -> datetime:
    """The instant at which somebody is so old."""
    return born_at + timedelta(seconds=int(age * _YEAR_SECONDS))
