"""Drugs that harm an unborn child, or that are not begun before it is known that there is none."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.base import Contract, Severity
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class AskedOf(Contract):
    """Of whom it is asked whether she is pregnant: from `age_from` to below `age_below` years."""

    age_from: Decimal
    age_below: Decimal

    @model_validator(mode="after")
    def _some_age(self) -> Self:
        if self.age_below <= self.age_from:
            raise ValueError("no age lies between age_from and age_below; correct them")
        return self


class PregnancyRule(DrugRule):
    """Active while the patient is pregnant, from `from_week` to below `until_week` where these are given.

    Weeks are completed weeks of gestation. Where `ask` is given, "not known whether she is pregnant" is said
    of patients of those ages who are not known to be male. `exposure`: for how long after a dose the drug
    counts as active, the policy's window for single events where it is not given.
    """

    kind: ClassVar[str] = "pregnancy"
    label: ClassVar[str] = "pregnancy"
    check: ClassVar[str] = "pregnancy"

    severity: Severity
    from_week: Annotated[Decimal, Field(ge=0)] | None = None
    until_week: Annotated[Decimal, Field(gt=0)] | None = None
    ask: AskedOf | None = None
    exposure: Span | None = None

    @model_validator(mode="after")
    def _some_week(self) -> Self:
        if self.until_week is not None and self.until_week <= (self.from_week or 0):
            raise ValueError("no week lies between from_week and until_week; correct them")
        return self

    @property
    def reach(self) -> timedelta:
        """As long as a dose counts as active."""
        return self.exposure or timedelta(0)

    @property
    def weeks(self) -> str:
        """The part of pregnancy that the row speaks of: "from week 20"; empty where it is all of it."""
        parts = [f"from week {self.from_week}"] if self.from_week is not None else []
        if self.until_week is not None:
            parts.append(f"before week {self.until_week}")
        return " ".join(parts)

    @property
    def said(self) -> str:
        """How bad the drug is in which part of pregnancy."""
        return f"{self.severity.value}: {self.weeks or 'pregnancy'}{', asked' if self.ask else ''}"
