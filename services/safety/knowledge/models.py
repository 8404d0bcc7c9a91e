"""The rows of the knowledge base, as the loader reads them from YAML.

A row without a source does not load. Rows hold facts; what to conclude from them is written in the checks.
"""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.base import Contract, Severity
from schemas.clinical import Route
from schemas.quantities import Quantity

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9 ,'()/.-]*$")]
RowId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Selector = Annotated[str, StringConstraints(pattern=r"^(drug|class):[a-z0-9][a-z0-9 ,'()/.-]*$")]
"""`drug:<ingredient>` or `class:<class id>`."""


class Status(StrEnum):
    """Draft rows are recorded, never paged; source-checked: the cited text was read and is quoted."""

    DRAFT = "draft"
    SOURCE_CHECKED = "source-checked"
    SITE_APPROVED = "site-approved"


class Certainty(StrEnum):
    """`read`: read in public text or code; `known`: well established, not re-read; `unsure`."""

    READ = "read"
    KNOWN = "known"
    UNSURE = "unsure"


class Source(Contract):
    """Where a fact was read. `quote` is at most 25 words; required once a row is source-checked."""

    title: Annotated[str, Field(min_length=3)]
    publisher: str = ""
    version: str = ""
    section: Annotated[str, Field(min_length=1)]
    quote: str = ""


class Row(Contract):
    """What every row carries."""

    id: RowId
    supersedes: RowId | None = None
    source: Source
    status: Status
    certainty: Certainty
    checked_on: date | None = None
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$|^any$")] = "any"
    valid_from: date | None = None
    valid_to: date | None = None
    action: Annotated[str, Field(min_length=10)]

    @property
    def shadow(self) -> bool:
        """Recorded and counted, never paged."""
        return self.status is Status.DRAFT


class LimitKind(StrEnum):
    DAILY = "daily"
    SINGLE = "single"


class Limit(Row):
    """At most `value` of the ingredient within `window` (daily) or in one dose (single).

    Applies to the listed routes and, where given, to ages from `age_from` years to below `age_below`.
    """

    kind: LimitKind
    value: Quantity
    window: timedelta = timedelta(hours=24)
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    age_from: Decimal | None = None
    age_below: Decimal | None = None


class Withdrawal(Row):
    """Stopping is dangerous: `missed_slots` consecutive due doses not given, after `used_for` of exposure."""

    missed_slots: Annotated[int, Field(ge=1)]
    used_for: timedelta
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    severity: Severity


class Codes(Contract):
    """Identifiers of one substance, as strings."""

    rxnorm: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()


class DefinedDailyDose(Contract):
    """The WHO's assumed average maintenance dose: a sanity value for limits, never a limit."""

    route: Route
    value: Quantity


class Drug(Contract):
    """One ingredient: names it goes by, codes, and its limits."""

    drug: Name
    codes: Codes = Codes()
    names: tuple[str, ...] = ()
    ddd: tuple[DefinedDailyDose, ...] = ()
    high_alert: bool = False
    limits: tuple[Limit, ...] = ()
    withdrawal: tuple[Withdrawal, ...] = ()


class DrugClass(Contract):
    """A named set of ingredients; `label` is how staff read it."""

    id: RowId
    label: str
    members: Annotated[tuple[Name, ...], Field(min_length=1)]
    source: Source


class Priority(StrEnum):
    """Standing of an interaction in the published US lists (ONC high-priority, ONC non-interruptive)."""

    HIGH = "onc-high"
    LOW = "onc-low"
    NONE = "none"


class Interaction(Row):
    """Two drugs that harm each other while both are active; `exposure` after a dose counts as active."""

    between: Annotated[tuple[Selector, Selector], Field()]
    severity: Severity
    mechanism: str = ""
    priority: Priority = Priority.NONE
    exposure: timedelta = timedelta(hours=24)
    exempt_routes: tuple[Route, ...] = ()


class AlcoholTier(StrEnum):
    """How well alcohol use is proven, strongest first."""

    MEASURED = "measured"
    SCREENED = "screened"
    DIAGNOSED = "diagnosed"
    OBSERVED = "observed"
    INDIRECT = "indirect"


class AlcoholRule(Row):
    """What alcohol means for a drug: a severity for each tier of proof, and one for a high level now."""

    subject: Selector
    tiers: Annotated[dict[AlcoholTier, Severity], Field(min_length=1)]
    acute_from: Quantity | None = None
    acute_severity: Severity | None = None


class EvidenceCode(Contract):
    """A code that proves alcohol use. `positive_from` for scores (by sex where they differ)."""

    system: str
    code: str
    prefix: bool = False
    positive_from: Decimal | None = None
    positive_from_female: Decimal | None = None
    concentration: bool = False


class AlcoholEvidence(Contract):
    """Which codes are evidence of which tier, how a level decays and how long a statement counts."""

    source: Source
    codes: dict[AlcoholTier, tuple[EvidenceCode, ...]]
    decay_mg_dl_per_h: Decimal
    gone_below_mg_dl: Decimal
    valid_for: dict[AlcoholTier, timedelta]


class CnsLoad(Row):
    """Distinct sedating classes within `window`: the severity for each count, and what raises it a step."""

    window: timedelta
    classes: Annotated[tuple[RowId, ...], Field(min_length=2)]
    severity_by_count: dict[int, Severity]
    step_up_pairs: tuple[tuple[RowId, RowId], ...] = ()
    step_up_age_from: Decimal | None = None
    step_up_egfr_below: Decimal | None = None
    step_up_conditions: tuple[EvidenceCode, ...] = ()
    egfr_codes: tuple[str, ...] = ()
    egfr_valid_for: timedelta = timedelta(hours=48)


class DosePolicy(Contract):
    """How far over a limit is how bad, and how much early giving is no error."""

    tolerance: timedelta
    moderate_up_to: Decimal
    retrospective: timedelta
    point_event: timedelta = timedelta(hours=24)
    bolus_up_to: timedelta = timedelta(hours=1)
    source: Source


class Policy(Contract):
    """The house rules of judgement that are no property of a drug. `settle` per check id."""

    dose: DosePolicy
    settle: dict[str, timedelta]
    kind: Literal["policy"] = "policy"
