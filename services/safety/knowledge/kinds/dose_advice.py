"""What a row says of the dose where an organ no longer does its part."""

from typing import Self

from pydantic import model_validator

from schemas.base import Contract, Severity
from services.safety.knowledge.notation import Amount


class DoseAdvice(Contract):
    """Not to be used at all, or at most `daily_max` in 24 hours; with how bad it is otherwise."""

    avoid: bool = False
    daily_max: Amount | None = None
    severity: Severity

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.avoid == (self.daily_max is not None):
            raise ValueError("say either avoid: true or a daily_max; write one of them")
        return self

    @property
    def advised(self) -> str:
        """The advice in a few words: "at most 5 mg a day (major)"."""
        what = "avoid" if self.avoid else f"at most {self.daily_max} a day"
        return f"{what} ({self.severity.value})"
