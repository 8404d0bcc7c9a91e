"""How much of an ingredient a dose of a product is."""

import pytest

from schemas.issues import NotAssessedReason
from services.safety.knowledge.products import Basis, Contained, Product
from services.safety.ledger.amounts import Amount, amount_of
from tests.builders import quantity


def held(strength: str | None, per: str | None, dose: str, *others: Contained) -> Amount | NotAssessedReason:
    """What a dose holds of a product with this strength of baclofen."""
    content = Contained(
        "baclofen",
        quantity(strength) if strength is not None else None,
        quantity(per) if per is not None else None,
    )
    product = Product("a product", (content, *others), Basis.CODE)
    return amount_of(quantity(dose), product, content)


@pytest.mark.parametrize(
    ("strength", "per", "dose", "milligrams"),
    [
        ("10 mg", "1 {tablet}", "2 {tablet}", "20"),
        ("20 mg", "2 {tablet}", "1 {tablet}", "10"),
        ("10 mg", "5 mL", "12.5 mL", "25"),
        ("0.5 g", "1 L", "10 mL", "5"),
        (None, None, "10 mg", "10"),
        (None, None, "0.01 g", "10"),
    ],
)
def test_strength_per_tablet_or_volume_gives_the_amount(
    strength: str | None, per: str | None, dose: str, milligrams: str
) -> None:
    amount = held(strength, per, dose)
    assert isinstance(amount, Amount)
    assert (str(amount.value.normalize() + 0), amount.dimension) == (milligrams, "mass")


@pytest.mark.parametrize(
    ("strength", "per", "dose", "micro"),
    [
        (None, None, "50 ug", True),
        (None, None, "50 ng", True),
        (None, None, "0.05 mg", False),
        ("50 ug", "1 mL", "1 mL", True),
        ("0.05 mg", "1 mL", "1 mL", False),
    ],
)
def test_what_is_stated_in_micrograms_is_marked(
    strength: str | None, per: str | None, dose: str, micro: bool
) -> None:
    amount = held(strength, per, dose)
    assert isinstance(amount, Amount)
    assert amount.micro is micro


@pytest.mark.parametrize(
    ("strength", "per", "dose", "reason"),
    [
        ("10 mg", None, "1 {tablet}", NotAssessedReason.UNCONVERTIBLE_UNIT),
        (None, "1 {tablet}", "1 {tablet}", NotAssessedReason.UNCONVERTIBLE_UNIT),
        ("10 mg", "1 mL", "1 {tablet}", NotAssessedReason.UNCONVERTIBLE_UNIT),
        ("10 mg", "0 {tablet}", "1 {tablet}", NotAssessedReason.UNCONVERTIBLE_UNIT),
        ("10 furlong", "1 {tablet}", "1 {tablet}", NotAssessedReason.UNKNOWN_UNIT),
        ("10 mg", "1 furlong", "1 {tablet}", NotAssessedReason.UNKNOWN_UNIT),
        ("10 mg", "1 {tablet}", "1 furlong", NotAssessedReason.UNKNOWN_UNIT),
        ("10 mg", "1 {tablet}", "1 mg/kg", NotAssessedReason.MISSING_WEIGHT),
        ("10 mg", "1 {tablet}", "1 mg/m2", NotAssessedReason.MISSING_HEIGHT),
        ("10 mg", "1 {tablet}", "1 mg/kg/d", NotAssessedReason.UNKNOWN_UNIT),
        ("10 mg", "1 {tablet}", "1 mg/kg/m2", NotAssessedReason.UNKNOWN_UNIT),
        ("10 mg", "1 {tablet}", "1 mL/kg", NotAssessedReason.UNCONVERTIBLE_UNIT),
    ],
)
def test_what_cannot_be_calculated_has_its_reason(
    strength: str | None, per: str | None, dose: str, reason: NotAssessedReason
) -> None:
    assert held(strength, per, dose) is reason


def test_milligrams_of_a_combination_are_milligrams_of_nothing_in_particular() -> None:
    other = Contained("acetaminophen", quantity("325 mg"), quantity("1 {tablet}"))
    assert held("5 mg", "1 {tablet}", "10 mg", other) is NotAssessedReason.UNCONVERTIBLE_UNIT
    amount = held("5 mg", "1 {tablet}", "2 {tablet}", other)
    assert isinstance(amount, Amount) and amount.value == 10
