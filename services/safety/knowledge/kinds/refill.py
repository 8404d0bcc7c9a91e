"""When the reservoir that a drug comes from runs empty."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Severity
from services.safety.knowledge.models import Code
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule

FARTHEST = timedelta(days=366)
"""No reservoir lasts for longer: a date beyond is a slip of the pen (house rule)."""


class Refill(DrugRule):
    """The pump is refilled by the date of the newest observation under a code of `due` that is understood.

    `soon` before it is told as `severity_soon`, from then on as `severity`, until a later date is stated. An
    observation under a code of `alarms` is told as `severity` for `alarm_for`.
    """

    kind: ClassVar[str] = "refill"
    label: ClassVar[str] = "pump refills"
    check: ClassVar[str] = "refill"

    due: Annotated[tuple[Code, ...], Field(min_length=1)]
    alarms: tuple[Code, ...] = ()
    soon: Span
    alarm_for: Annotated[Span, Field(gt=timedelta(0))]
    severity: Severity
    severity_soon: Severity

    @property
    def said(self) -> str:
        """From when on an empty reservoir is told."""
        hours = self.soon / timedelta(hours=1)
        return (
            f"{self.severity.value}: not refilled by its date; {self.severity_soon.value} {hours:g} h before"
        )
