"""U-500 insulin is told apart from every other by its strength or its name."""

from decimal import Decimal

import pytest

from schemas.medications import Coding, Medication, StatedIngredient
from schemas.quantities import Quantity
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import Basis


def listed(name: str, code: str = "0000") -> Medication:
    """A product by its name under a code, as a rule one that the base does not know."""
    return Medication(text=name, codings=(Coding(system="rxnorm", code=code, display=name),))


@pytest.mark.parametrize(
    ("name", "ingredient"),
    [
        ("insulin, regular, human 500 UNT/ML Injectable Solution", "insulin u-500"),
        ("3 ML insulin, regular, human 500 UNT/ML Injectable Solution [Humulin]", "insulin u-500"),
        ("insulin, regular, human 100 UNT/ML Injectable Solution", "insulin"),
        ("insulin lispro 200 UNT/ML Injectable Solution", "insulin"),
    ],
)
def test_the_strength_decides(base: KnowledgeBase, name: str, ingredient: str) -> None:
    product = base.product(listed(name))
    assert product.ingredients == (ingredient,)
    assert product.basis is Basis.STRUCTURED_NAME


def test_the_code_of_insulin_beside_the_name_of_the_concentrate_is_the_concentrate(
    base: KnowledgeBase,
) -> None:
    product = base.product(listed("HumuLIN R U-500", code="5856"))
    (content,) = product.contents
    assert (content.ingredient, product.basis) == ("insulin u-500", Basis.CODE)
    assert (content.strength, content.per) == (
        Quantity(value=Decimal(500), unit="U"),
        Quantity(value=Decimal(1), unit="mL"),
    )


def test_a_stated_strength_of_another_product_leaves_the_strength_unknown(base: KnowledgeBase) -> None:
    insulin = StatedIngredient(
        name="insulin human",
        codings=(Coding(system="rxnorm", code="5856"),),
        strength=Quantity(value=Decimal(100), unit="U"),
        per=Quantity(value=Decimal(1), unit="mL"),
    )
    named = Coding(system="rxnorm", code="0000", display="insulin human 500 UNT/ML Injectable Solution")
    (content,) = base.product(Medication(text="", codings=(named,), ingredients=(insulin,))).contents
    assert (content.ingredient, content.strength) == ("insulin u-500", None)


@pytest.mark.parametrize(
    "text", ["Humulin R U-500", "HUMULIN R U-500 KwikPen 500 units/mL", "insulin regular U500"]
)
def test_free_text_names_it_too(base: KnowledgeBase, text: str) -> None:
    assert base.product(Medication(text=text)).ingredients == ("insulin u-500",)


def test_other_free_text_stays_what_it_was(base: KnowledgeBase) -> None:
    assert base.product(Medication(text="insulin regular")).ingredients == ("insulin",)
    assert not base.product(Medication(text="vitamin U")).mapped


def test_units_in_millilitres_are_read_from_the_name_of_a_vial(base: KnowledgeBase) -> None:
    (content,) = base.product(listed("heparin 5000 UNT/ML Injectable Solution")).contents
    assert (content.strength, content.per) == (
        Quantity(value=Decimal(5000), unit="U"),
        Quantity(value=Decimal(1), unit="mL"),
    )
