"""How much of a drug at once somebody may have who is not used to drugs of its class."""

from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.models import Selector
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class NaiveDose(DrugRule):
    """At most `single_max` in one dose, or none at all (`avoid`), for a patient who is not used to `used_to`.

    Used to it is who had any drug of `used_to` for `used_for`, without a break of `naive_for`; where `enough`
    is asked for, who also had as much of them in that time as the rules of `tolerance` say.
    """

    kind: ClassVar[str] = "naive"
    label: ClassVar[str] = "doses for who is not used to them"
    check: ClassVar[str] = "naive-dose"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    single_max: Amount | None = None
    avoid: bool = False
    used_to: Selector
    used_for: Span
    naive_for: Span
    enough: bool = False
    severity: Severity

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.avoid == (self.single_max is not None):
            raise ValueError("say either avoid: true or a single_max; write one of them")
        return self

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """The drug, and those that make a patient used to it."""
        return (self.subject, self.used_to)

    @property
    def reach(self) -> timedelta:
        """Whether somebody is used to it is asked of the days before the dose."""
        return self.naive_for + self.used_for + timedelta(hours=24)

    @property
    def said(self) -> str:
        """The most, and for whom."""
        what = "not at all" if self.avoid else f"at most {self.single_max} at once"
        days = self.used_for / timedelta(days=1)
        much = "enough of " if self.enough else ""
        return f"{self.severity.value}: {what} before {days:g} days of {much}{self.used_to}"
