"""The lines of a scenario: one model for each word that may begin one. docs/scenarios.md explains them."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Contract
from schemas.medications import Route
from services.safety.knowledge.notation import Span
from tests.scenarios.expecting import Holding, Transitions
from tests.scenarios.moments import Moment, Moments

Amount = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)? \S+$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Name = Annotated[str, Field(min_length=1)]


class Line(Contract):
    """When it happened, what others call it, and when it was charted if later."""

    at: Moments
    called: str = ""
    charted: Moment | None = None


class _Product(Line):
    dose: Amount | None = None
    route: Route = Route.ORAL
    contents: dict[str, Amount] = Field(default_factory=dict)


class Give(_Product):
    give: Name
    under: str | None = None
    lasting: Span | None = None
    per_hour: Amount | None = None


class Omit(_Product):
    omit: Name


class Order(_Product):
    order: Name
    up_to: Amount | None = None
    daily: Annotated[int, Field(ge=1)] | None = None
    times: tuple[Clock, ...] = ()
    every: Span | None = None
    at_most: Amount | None = None
    per: Span | None = None
    as_needed: bool = False
    home: bool = False
    until: Moment | None = None
    replaces: str | None = None

    @model_validator(mode="after")
    def _whole_maximum(self) -> Self:
        if (self.at_most is None) != (self.per is None):
            raise ValueError("a maximum is an amount and a time; write at_most and per")
        return self


class Stop(Line):
    stop: Name


class Hold(Line):
    hold: Name


class Void(Line):
    void: Name


class Restore(Line):
    restore: Name


class Correct(Line):
    correct: Name
    dose: Amount


class Lab(Line):
    lab: Name
    value: Amount | None = None
    text: str = ""


class Condition(Line):
    condition: Name
    in_words: bool = False


class Allergy(Line):
    allergy: Name
    intolerance: bool = False


class Admit(Line):
    admit: Name


class Discharge(Line):
    discharge: Name


class Unreadable(Line):
    unreadable: Name


class Look(Contract):
    """What must have been told since the last look, and what must hold now."""

    at: Moment
    expect: Transitions | None = None
    holds: Holding | None = None
    feed: Literal["alive", "silent"] = "alive"


class Person(Contract):
    """Who the patient is on day 1; what is left out is not known."""

    age: Decimal | None = None
    sex: Literal["male", "female", "other", "unknown"] = "unknown"
    weight: Amount | None = None
    height: Amount | None = None


LINES: dict[str, type[Line] | type[Look]] = {
    "give": Give,
    "omit": Omit,
    "order": Order,
    "stop": Stop,
    "hold": Hold,
    "void": Void,
    "restore": Restore,
    "correct": Correct,
    "lab": Lab,
    "condition": Condition,
    "allergy": Allergy,
    "admit": Admit,
    "discharge": Discharge,
    "unreadable": Unreadable,
    "expect": Look,
    "holds": Look,
}
