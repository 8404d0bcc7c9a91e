"""How little of a drug at once keeps a line open and treats nobody."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Contract
from schemas.quantities import base
from services.safety.knowledge.models import Source
from services.safety.knowledge.notation import Amount


class LineFlush(Contract):
    """At most one of `up_to` at once keeps a line open in somebody of `age_from` years or more: no treatment.

    The amounts of `up_to` are the same in units that do not convert into each other.
    """

    up_to: Annotated[tuple[Amount, ...], Field(min_length=1)]
    age_from: Annotated[Decimal, Field(ge=0)]
    source: Source

    @model_validator(mode="after")
    def _one_for_each_dimension(self) -> Self:
        if len({base(each.value, each.unit)[1] for each in self.up_to}) < len(self.up_to):
            raise ValueError("two amounts of up_to are in units that convert; write one of them")
        return self
