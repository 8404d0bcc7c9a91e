"""Rows about what depresses the central nervous system: alcohol, and sedating drugs taken together."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Contract, Severity
from services.safety.knowledge.models import EvidenceCode, Row, RowId, Selector, Source
from services.safety.knowledge.notation import Amount, Span


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
    acute_from: Amount | None = None
    acute_severity: Severity | None = None


class AlcoholEvidence(Contract):
    """Which codes are evidence of which tier, how a level decays and how long a statement counts."""

    source: Source
    codes: dict[AlcoholTier, tuple[EvidenceCode, ...]]
    decay_mg_dl_per_h: Annotated[Decimal, Field(gt=0)]
    gone_below_mg_dl: Annotated[Decimal, Field(gt=0)]
    valid_for: dict[AlcoholTier, Span]


class CnsLoad(Row):
    """Distinct sedating classes within `window`: the severity for each count, and what raises it a step.

    A count above the highest listed takes the highest. Alcohol is one more class while evidence of a tier of
    `alcohol_tiers` stands. The eGFR is the measurement `egfr`.
    """

    window: Span
    classes: Annotated[tuple[RowId, ...], Field(min_length=2)]
    severity_by_count: Annotated[dict[int, Severity], Field(min_length=1)]
    alcohol_tiers: tuple[AlcoholTier, ...] = ()
    step_up_pairs: tuple[tuple[RowId, RowId], ...] = ()
    step_up_age_from: Decimal | None = None
    step_up_egfr_below: Decimal | None = None
    step_up_conditions: tuple[EvidenceCode, ...] = ()
