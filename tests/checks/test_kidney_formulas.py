"""The formulas of kidney function against the same in other arithmetic, whatever was asked before."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.safety.checks.patient.kidney_formulas import filtration
from services.safety.knowledge.loader import load
from tests.builders import person

KIDNEYS = load().kidneys


@given(
    creatinine=st.decimals("0.2", "15", places=2),
    age=st.integers(18, 100),
    sex=st.sampled_from(("female", "male")),
)
def test_filtration_is_the_formula(creatinine: Decimal, age: int, sex: str) -> None:
    assert KIDNEYS is not None
    formula = KIDNEYS.egfr
    kappa, alpha, factor = (
        float(getattr(each, sex)) for each in (formula.kappa, formula.alpha, formula.factor)
    )
    ratio = float(creatinine) / kappa
    expected = float(formula.scale) * min(ratio, 1) ** alpha * max(ratio, 1) ** float(formula.exponent)
    expected *= float(formula.by_year) ** age * factor
    found = filtration(formula, person(age, sex=sex), Decimal(age), creatinine)
    assert float(found) == pytest.approx(expected, abs=0.06)


@given(creatinine=st.decimals("0.2", "15", places=1))
def test_it_is_the_same_however_many_digits_are_written(creatinine: Decimal) -> None:
    assert KIDNEYS is not None
    she, age = person(60, sex="female"), Decimal(60)
    written = [filtration(KIDNEYS.egfr, she, age, creatinine + Decimal(zero)) for zero in ("0.0", "0.000")]
    assert str(written[0]) == str(written[1])
