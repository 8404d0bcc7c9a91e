"""Kidney function from creatinine by two published formulas, whose numbers the knowledge base holds."""

from decimal import Decimal
from functools import lru_cache

from schemas.clinical import Patient
from services.safety.knowledge.kidneys import CreatinineClearance, GlomerularFiltration

_PLACES = 1
_ONE = Decimal(1)


def filtration(formula: GlomerularFiltration, person: Patient, age: Decimal, creatinine: Decimal) -> Decimal:
    """eGFR in mL/min/1.73 m2 of whole years of age, to one decimal place."""
    female = person.sex == "female"
    kappa = formula.kappa.female if female else formula.kappa.male
    alpha = formula.alpha.female if female else formula.alpha.male
    factor = formula.factor.female if female else formula.factor.male
    ratio = creatinine / kappa
    low, high = _power(min(ratio, _ONE), alpha), _power(max(ratio, _ONE), formula.exponent)
    return round(formula.scale * low * high * formula.by_year ** int(age) * factor, _PLACES)


@lru_cache(maxsize=16_384)
def _power(number: Decimal, exponent: Decimal) -> Decimal:
    """Remembered, as exact powers take long and each result is asked about for every dose before it."""
    return number**exponent


def clearance(
    formula: CreatinineClearance, person: Patient, age: Decimal, creatinine: Decimal, weight: Decimal
) -> Decimal:
    """Creatinine clearance in mL/min of whole years of age, to one decimal place."""
    factor = formula.factor.female if person.sex == "female" else formula.factor.male
    value = (formula.years - int(age)) * weight / (formula.divisor * creatinine) * factor
    return round(max(value, Decimal(0)), _PLACES)
