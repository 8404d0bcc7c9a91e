"""The house rules of judgement, which are no property of a drug."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Contract
from schemas.medications import Route
from services.safety.knowledge.house_hours import HouseHours
from services.safety.knowledge.models import Code, RowId, Source
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ward_rules import WardPolicy


class DosePolicy(Contract):
    """How far over a limit is how bad, and how much early giving is no error.

    `hard_interval`: a dose that comes before this share of an interval has passed is too early whatever the
    tolerance, and graver. `one_dose_within`: entries this near to each other are one dose in parts.
    `adult_limits_from`: who is younger, in years, is not judged by limits that name neither an age nor a
    weight nor a body surface; they still warn, as what is too much for an adult is too much for a child.
    """

    tolerance: Span
    moderate_up_to: Annotated[Decimal, Field(ge=1)]
    hard_interval: Annotated[Decimal, Field(gt=0, le=1)]
    retrospective: Span
    point_event: Span
    bolus_up_to: Span
    one_dose_within: Span
    adult_limits_from: Annotated[Decimal, Field(gt=0)] | None = None
    source: Source


class FollowUp(Contract):
    """What counts as watching for the danger of what these checks find, where somebody promised to monitor.

    `any_of` are measurements, `codes` what is observed else; `asked_by_drug`: whatever the monitoring rows of
    the drugs concerned ask for, drafts left out. `sedating`: only where one of the drugs is.
    """

    checks: Annotated[tuple[RowId, ...], Field(min_length=1)]
    any_of: tuple[RowId, ...] = ()
    codes: tuple[Code, ...] = ()
    asked_by_drug: bool = False
    sedating: bool = False
    source: Source


class HighAlertRoutes(Contract):
    """Ways of giving by which a mistake does most harm, whatever the drug."""

    any_of: Annotated[tuple[Route, ...], Field(min_length=1)]
    source: Source


class Policy(Contract):
    """The house rules of judgement that are no property of a drug. `settle` per check id.

    `reorder_within`: for so long after an order was stopped of which no dose falls due meanwhile, nobody is
    paged for the stop: on a transfer the new order often follows. `hours`: without them, what is ordered so
    many times a day is due evenly spaced from its start. `wards`: those that differ from the house.
    `high_alert_routes`: without them only drugs are high alert.
    """

    dose: DosePolicy
    follow_up: tuple[FollowUp, ...] = ()
    settle: dict[str, Span]
    settle_default: Span
    reorder_within: Span
    hours: HouseHours | None = None
    high_alert_routes: HighAlertRoutes | None = None
    wards: tuple[WardPolicy, ...] = ()
    kind: Literal["policy"] = "policy"

    def settling(self, check: str) -> timedelta:
        """How long an issue of a check must hold before it pages."""
        return self.settle.get(check, self.settle_default)
