"""How kidney function is told from creatinine: two published formulas, what is unstable, and dialysis."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from schemas.base import Contract
from services.safety.knowledge.models import EvidenceCode, Source
from services.safety.knowledge.notation import Span


class BySex(Contract):
    """A coefficient that differs between the sexes."""

    female: Decimal
    male: Decimal


class GlomerularFiltration(Contract):
    """CKD-EPI 2021: scale x min(Scr/kappa, 1)^alpha x max(Scr/kappa, 1)^exponent x by_year^age x factor.

    Creatinine (Scr) in mg/dL, age in years from `age_from` on, the result in mL/min/1.73 m2.
    """

    scale: Decimal
    kappa: BySex
    alpha: BySex
    exponent: Decimal
    by_year: Decimal
    factor: BySex
    age_from: Decimal
    source: Source


class CreatinineClearance(Contract):
    """Cockcroft-Gault: (years - age) x weight / (divisor x Scr) x factor.

    Creatinine (Scr) in mg/dL, weight in kg (adjusted in the obese where a rule does not ask for the actual
    one), age in years from `age_from` on, the result in mL/min.
    """

    years: Decimal
    divisor: Annotated[Decimal, Field(gt=0)]
    factor: BySex
    age_from: Decimal
    source: Source


class Indexing(Contract):
    """An eGFR is stated for a body `surface` in m2: times the patient's own, over this, it is in mL/min."""

    surface: Annotated[Decimal, Field(gt=0)]
    source: Source


class UnstableCreatinine(Contract):
    """A rise by `by` mg/dL within `within`, or to `times` an earlier value within `within_times`."""

    by: Annotated[Decimal, Field(gt=0)]
    within: Span
    times: Annotated[Decimal, Field(gt=1)]
    within_times: Span
    source: Source


class Kidneys(Contract):
    """kidneys.yaml."""

    egfr: GlomerularFiltration
    clearance: CreatinineClearance
    indexing: Indexing
    unstable: UnstableCreatinine
    dialysis: Annotated[tuple[EvidenceCode, ...], Field(min_length=1)]
    dialysis_source: Source
