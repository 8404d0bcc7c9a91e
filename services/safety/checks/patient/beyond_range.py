"""Results beyond the range of the method: "<20 mL/min" says less than 20, and nothing of how much less.

House rule: such a result counts only where its bound alone decides, whatever the value is; else it cannot be
used, nor can one whose bound is stated in a unit that leads nowhere.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from schemas.issues import NotAssessedReason
from schemas.quantities import Quantity, plain
from services.safety.checks.patient.measurement_units import in_its_unit
from services.safety.knowledge.measurements import Measurement
from services.safety.ledger.entries import Observed

_WRITTEN = re.compile(r"^\s*(?P<sign>[<>]=?)\s*(?P<value>\d{1,9}(?:\.\d{1,9})?)\s*(?P<unit>\S.{0,62})?$")
_WITHOUT_UNIT = "1"


class Beyond(NamedTuple):
    """Above or below `value`, in the unit of its measurement; `inclusive`: or exactly that."""

    above: bool
    inclusive: bool
    value: Decimal

    def lies_below(self, edge: Decimal) -> bool | None:
        """Whether the result is below an edge; None where its bound does not tell."""
        if self.above:
            return False if self.value >= edge else None
        surely = self.value < edge or (self.value == edge and not self.inclusive)
        return True if surely else None

    @property
    def sign(self) -> str:
        """The comparator."""
        return (">" if self.above else "<") + ("=" if self.inclusive else "")

    def __str__(self) -> str:
        return f"{self.sign}{plain(self.value)}"


def beyond_of(measurement: Measurement, entry: Observed) -> Beyond | None:
    """What an observation without a number states beyond the range of its method, if it does."""
    found = _WRITTEN.match(entry.fact.text) if entry.fact.value is None else None
    if found is None:
        return None
    stated = Quantity(value=Decimal(found["value"]), unit=(found["unit"] or _WITHOUT_UNIT).strip())
    value = in_its_unit(measurement, stated)
    if isinstance(value, NotAssessedReason):
        return None
    return Beyond(found["sign"][0] == ">", found["sign"].endswith("="), value)
