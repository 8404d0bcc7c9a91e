"""What a product holds, from every way in which sources name it."""

from decimal import Decimal

import pytest

from schemas.medications import Coding, Medication, StatedIngredient
from schemas.quantities import Quantity
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import Basis, Contained, Product

TABLET = Quantity(value=Decimal(1), unit="{tablet}")
ML = Quantity(value=Decimal(1), unit="mL")


def mg(value: str) -> Quantity:
    return Quantity(value=Decimal(value), unit="mg")


def listed(display: str, *, system: str = "rxnorm", code: str = "0000") -> Medication:
    """A product under a code that the base does not know."""
    return Medication(text=display, codings=(Coding(system=system, code=code, display=display),))


def coded(system: str, code: str, display: str = "") -> Medication:
    return Medication(codings=(Coding(system=system, code=code, display=display),))


def held(product: Product) -> dict[str, tuple[Quantity | None, Quantity | None]]:
    return {content.ingredient: (content.strength, content.per) for content in product.contents}


@pytest.mark.parametrize(
    ("display", "ingredient", "strength", "per"),
    [
        ("Baclofen 10 MG Oral Tablet", "baclofen", "10", TABLET),
        ("baclofen 10 mg tablet", "baclofen", "10", TABLET),
        ("Baclofen 10 MG Oral Tablet [Lioresal]", "baclofen", "10", TABLET),
        ("Baclof 10", "baclofen", "10", TABLET),
        ("Baclofen 0.05 MG/ML Injectable Solution", "baclofen", "0.05", ML),
        ("12 HR Morphine Sulfate 15 MG Extended Release Oral Tablet", "morphine", "15", TABLET),
        ("1 ML Hydromorphone Hydrochloride 2 MG/ML Injection", "hydromorphone", "2", ML),
        ("Lorazepam 0.5 MG Oral Tablet", "lorazepam", "0.5", TABLET),
        ("Metoprolol Tartrate 25 MG Oral Tablet", "metoprolol", "25", TABLET),
        ("Tylenol 500 MG Oral Tablet", "acetaminophen", "500", TABLET),
    ],
)
def test_a_structured_name_under_an_unknown_code_gives_ingredient_and_strength(
    base: KnowledgeBase, display: str, ingredient: str, strength: str, per: Quantity
) -> None:
    product = base.product(listed(display))
    assert held(product) == {ingredient: (mg(strength), per)}
    assert (product.basis, product.exact_code) == (Basis.STRUCTURED_NAME, False)


def test_a_combination_is_split_into_all_its_ingredients(base: KnowledgeBase) -> None:
    product = base.product(listed("Acetaminophen 325 MG / Hydrocodone Bitartrate 5 MG Oral Tablet"))
    assert held(product) == {"acetaminophen": (mg("325"), TABLET), "hydrocodone": (mg("5"), TABLET)}
    assert product.ingredients == ("acetaminophen", "hydrocodone")


def test_an_unknown_part_of_a_combination_stays_visible_as_unknown(base: KnowledgeBase) -> None:
    product = base.product(listed("Acetaminophen 325 MG / Chlorpheniramine Maleate 2 MG Oral Tablet"))
    assert product.ingredients == ("acetaminophen", "<chlorpheniramine>")
    assert base.drug("<chlorpheniramine>") is None


def test_the_same_name_in_free_text_never_enters_a_dose_sum(base: KnowledgeBase) -> None:
    product = base.product(Medication(text="Baclofen 10 MG Oral Tablet"))
    assert product.ingredients == ("baclofen",)
    assert product.basis is Basis.TEXT


@pytest.mark.parametrize(
    ("system", "code", "ingredient"),
    [
        ("rxnorm", "1292", "baclofen"),
        ("atc", "M03BX01", "baclofen"),
        ("rxnorm", "161", "acetaminophen"),
        ("atc", "N01AH01", "fentanyl"),
        ("mimic-item", "221744", "fentanyl"),
        ("mimic-item", "225942", "fentanyl"),
        ("mimic-item", "222168", "propofol"),
        ("mimic-item", "221668", "midazolam"),
        ("mimic-drug", "baclofen", "baclofen"),
        ("mimic-drug", "Morphine Sulfate", "morphine"),
        ("mimic-drug", "hydromorphone (dilaudid)", "hydromorphone"),
        ("mimic-drug", "oxycodone (immediate release) ", "oxycodone"),
    ],
)
def test_a_known_code_names_its_ingredient(
    base: KnowledgeBase, system: str, code: str, ingredient: str
) -> None:
    product = base.product(coded(system, code))
    assert product.ingredients == (ingredient,)
    assert (product.basis, product.exact_code) == (Basis.CODE, True)


def test_a_list_of_two_ingredients_under_one_code(base: KnowledgeBase) -> None:
    product = base.product(coded("mimic-drug", "oxycodone-acetaminophen"))
    assert set(product.ingredients) == {"oxycodone", "acetaminophen"}
    assert product.basis is Basis.CODE


def test_a_known_code_takes_the_strength_from_the_name_beside_it(base: KnowledgeBase) -> None:
    product = base.product(coded("rxnorm", "1292", "Baclofen 20 MG Oral Tablet"))
    assert product.contents == (Contained("baclofen", mg("20"), TABLET),)
    assert product.basis is Basis.CODE


def test_an_ndc_that_nobody_mapped_is_read_by_its_display_or_not_at_all(base: KnowledgeBase) -> None:
    assert not base.product(coded("ndc", "0378-1134-01")).mapped
    named = base.product(coded("ndc", "0378-1134-01", "Baclofen 10 MG Oral Tablet"))
    assert (named.ingredients, named.basis) == (("baclofen",), Basis.STRUCTURED_NAME)


def test_a_code_and_a_name_that_contradict_each_other_enter_no_dose_sum(base: KnowledgeBase) -> None:
    product = base.product(coded("rxnorm", "1292", "Tizanidine 4 MG Oral Tablet"))
    assert set(product.ingredients) == {"baclofen", "tizanidine"}
    assert product.basis is Basis.TEXT


def test_an_ingredient_code_on_a_combination_does_not_hide_the_other_ingredient(base: KnowledgeBase) -> None:
    display = "Acetaminophen 325 MG / Hydrocodone Bitartrate 5 MG Oral Tablet"
    product = base.product(coded("rxnorm", "161", display))
    assert set(product.ingredients) == {"acetaminophen", "hydrocodone"}
    assert product.basis is Basis.TEXT


def test_two_names_that_give_different_strengths_leave_the_strength_unknown(base: KnowledgeBase) -> None:
    medication = Medication(
        text="Baclofen 20 MG Oral Tablet",
        codings=(Coding(system="rxnorm", code="1292", display="Baclofen 10 MG Oral Tablet"),),
    )
    assert base.product(medication).contents == (Contained("baclofen"),)


def test_ingredients_that_the_source_states(base: KnowledgeBase) -> None:
    stated = (
        StatedIngredient(name="Acetaminophen", strength=mg("325"), per=TABLET),
        StatedIngredient(name="Hydrocodone Bitartrate", strength=mg("5"), per=TABLET),
    )
    product = base.product(Medication(text="house tablet", ingredients=stated))
    assert held(product) == {"acetaminophen": (mg("325"), TABLET), "hydrocodone": (mg("5"), TABLET)}
    assert product.basis is Basis.STRUCTURED_NAME


def test_ingredients_that_the_source_states_by_code(base: KnowledgeBase) -> None:
    stated = StatedIngredient(codings=(Coding(system="rxnorm", code="1292"),), strength=mg("10"), per=TABLET)
    product = base.product(Medication(ingredients=(stated,)))
    assert (product.contents, product.basis) == ((Contained("baclofen", mg("10"), TABLET),), Basis.CODE)


def test_one_strength_stated_for_a_code_of_two_ingredients_is_not_believed(base: KnowledgeBase) -> None:
    coding = Coding(system="mimic-drug", code="oxycodone-acetaminophen")
    stated = StatedIngredient(name="Oxycodone-Acetaminophen", codings=(coding,), strength=mg("5"), per=TABLET)
    product = base.product(Medication(codings=(coding,), ingredients=(stated,)))
    assert held(product) == {"oxycodone": (None, None), "acetaminophen": (None, None)}


@pytest.mark.parametrize(
    ("text", "ingredients"),
    [
        ("Morphine Sulfate", ("morphine",)),
        ("HYDROmorphone (Dilaudid)", ("hydromorphone",)),
        ("Midazolam (Versed)", ("midazolam",)),
        ("Fentanyl (Concentrate)", ("fentanyl",)),
        ("Fentanyl Patch", ("fentanyl",)),
        ("Morphine SR (MS Contin)", ("morphine",)),
        ("Lorazepam 2 mg IV", ("lorazepam",)),
        ("Oxycodone-Acetaminophen Elixir", ("oxycodone", "acetaminophen")),
        ("Acetaminophen w/Codeine", ("acetaminophen", "codeine")),
        ("paracetamol", ("acetaminophen",)),
        ("Guaifenesin-Codeine Phosphate", ("guaifenesin", "codeine")),
        ("Xyz (Baclofen)", ("<xyz>", "baclofen")),
    ],
)
def test_loose_names_of_hospital_lists(base: KnowledgeBase, text: str, ingredients: tuple[str, ...]) -> None:
    product = base.product(Medication(text=text))
    assert product.ingredients == ingredients
    assert product.basis is Basis.TEXT


@pytest.mark.parametrize(
    "text", ["", "Morphin", "Baclofenum forte plus", "Potassium", "10 mg tablet", "<baclofen"]
)
def test_what_is_not_known_whole_is_unmapped(base: KnowledgeBase, text: str) -> None:
    product = base.product(Medication(text=text))
    assert not product.mapped
    assert product.label == text


def test_the_salt_in_a_name_tells_the_drug_and_converts_nothing(base: KnowledgeBase) -> None:
    """Labels call tablets of 4 mg of the base tizanidine hydrochloride 4 mg."""
    for name in ("Tizanidine 4 MG Oral Tablet", "Tizanidine Hydrochloride 4 MG Oral Tablet"):
        assert held(base.product(listed(name))) == {"tizanidine": (mg("4"), TABLET)}


def test_an_unmapped_product_is_labelled_by_what_there_is(base: KnowledgeBase) -> None:
    assert base.product(coded("ndc", "123")).label == "123"
    assert base.product(coded("ndc", "123", "Wonder pill")).label == "Wonder pill"


def test_a_medication_is_recognised_once(base: KnowledgeBase) -> None:
    assert base.product(listed("Baclofen 10 MG Oral Tablet")) is base.product(
        listed("Baclofen 10 MG Oral Tablet")
    )


def test_a_very_long_name_is_read_in_bounded_time(base: KnowledgeBase) -> None:
    text = ("baclofen 1 mg / " * 120 + "x (")[:2_000]
    assert "baclofen" in base.product(listed(text)).ingredients


@pytest.mark.parametrize(
    ("display", "ingredient", "grams", "per"),
    [
        ("epinephrine 1:1000 Injectable Solution", "epinephrine", "1", "1000 mL"),
        ("epinephrine 1:10,000 Injectable Solution", "epinephrine", "1", "10000 mL"),
        ("calcium gluconate 10% Injectable Solution", "calcium gluconate", "10", "100 mL"),
        ("diclofenac sodium 1 % Topical Gel", "diclofenac", "1", "100 g"),
    ],
)
def test_per_cent_and_one_in_a_thousand_are_amounts_where_the_form_says_of_what(
    base: KnowledgeBase, display: str, ingredient: str, grams: str, per: str
) -> None:
    value, unit = per.split()
    expected = (Quantity(value=Decimal(grams), unit="g"), Quantity(value=Decimal(value), unit=unit))
    assert held(base.product(listed(display))) == {ingredient: expected}


def test_per_cent_of_a_form_that_is_no_liquid_is_no_amount(base: KnowledgeBase) -> None:
    assert held(base.product(listed("diclofenac 1 % Oral Tablet"))) == {"diclofenac": (None, None)}
