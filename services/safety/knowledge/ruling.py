"""Rows that say, check by check, what is held against a drug or a class, and the files they stand in."""

from datetime import timedelta
from typing import ClassVar, Generic, TypeVar

from schemas.base import Contract
from schemas.medications import Route
from services.safety.knowledge.models import Row, Selector

AnyRule = TypeVar("AnyRule", bound="DrugRule")

LIFELONG = timedelta(days=54_786)
"""Longer than anybody lives: the reach of a rule for which no dose is too old."""


class DrugRule(Row):
    """A row about a drug or a class. Each kind is a class of its own, with one check that asks for it.

    `kind` names its files (`rules/<kind>.yaml`), `label` is how people read it in tables, `check` is the id
    of the check that judges by it. `routes`: the ways of giving that it speaks of; none means every way.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    check: ClassVar[str]

    subject: Selector
    routes: tuple[Route, ...] = ()

    @property
    def reach(self) -> timedelta:
        """How far back the check looks at doses of the drug because of this row."""
        return timedelta(0)

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """Every drug or class that the row names."""
        return (self.subject,)

    @property
    def said(self) -> str:
        """What the row says in a line, for tables: "avoid below 30 mL/min"."""
        return self.label


class RulesFile(Contract, Generic[AnyRule]):
    """rules/<kind>.yaml, or any file below rules/<kind>/."""

    rules: tuple[AnyRule, ...]
