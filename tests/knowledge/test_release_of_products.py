"""How a product lets its drug go: at once, over hours, or from a depot over weeks."""

import pytest

from schemas.medications import Coding, Medication
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import FormRelease


def listed(name: str) -> Medication:
    """A product under a code that the base does not know."""
    return Medication(text=name, codings=(Coding(system="rxnorm", code="0000", display=name),))


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", FormRelease.EXTENDED),
        ("12 HR tapentadol 100 MG Extended Release Oral Tablet [Nucynta]", FormRelease.EXTENDED),
        ("venlafaxine 75 MG Extended Release Oral Capsule", FormRelease.EXTENDED),
        ("metformin hydrochloride 500 MG Oral Tablet", FormRelease.IMMEDIATE),
        ("metformin hydrochloride 500 MG Tablet", None),
        ("valproic acid 250 MG Delayed Release Oral Tablet", None),
        ("metformin hydrochloride", None),
    ],
)
def test_the_dose_form_of_a_structured_name_says_how_the_drug_is_let_go(
    base: KnowledgeBase, name: str, release: FormRelease | None
) -> None:
    coding = Coding(system="rxnorm", code="6809" if "metformin" in name else "999999", display=name)
    assert base.product(Medication(text="", codings=(coding,))).release is release


@pytest.mark.parametrize(
    "name",
    ["gabapentin 600 MG Oral Tablet [Gralise]", "Once-Daily gabapentin 600 MG Oral Tablet", "GRALISE 600 mg"],
)
def test_once_daily_gabapentin_is_slow_whatever_its_dose_form_is_called(
    base: KnowledgeBase, name: str
) -> None:
    product = base.product(listed(name))
    assert product.ingredients == ("gabapentin",)
    assert product.release is FormRelease.EXTENDED


def test_plain_gabapentin_is_not_slow(base: KnowledgeBase) -> None:
    assert base.product(listed("gabapentin 600 MG Oral Tablet")).release is FormRelease.IMMEDIATE


def test_a_list_of_codes_may_say_how_the_drug_is_let_go(base: KnowledgeBase) -> None:
    slow, plain = (
        base.product(Medication(text="", codings=(Coding(system="mimic-drug", code=code),)))
        for code in ("oxycodone sr (oxycontin)", "oxycodone")
    )
    assert slow.ingredients == plain.ingredients == ("oxycodone",)
    assert slow.release is FormRelease.EXTENDED
    assert plain.release is None


def test_names_that_contradict_each_other_leave_it_unknown(base: KnowledgeBase) -> None:
    coding = Coding(
        system="rxnorm", code="6809", display="metformin hydrochloride 500 MG Extended Release Oral Tablet"
    )
    named = Medication(text="metformin hydrochloride 500 MG Oral Tablet", codings=(coding,))
    assert base.product(named).release is None
    assert base.product(named).mapped


def test_free_text_says_nothing_about_it(base: KnowledgeBase) -> None:
    text = "metformin hydrochloride 500 MG Extended Release Oral Tablet"
    assert base.product(Medication(text=text)).release is None


@pytest.mark.parametrize(
    ("name", "ingredient", "release"),
    [
        ("Haloperidol decanoate 50 MG/ML Injectable Solution", "haloperidol", FormRelease.DEPOT),
        ("Haloperidol lactate 5 MG/ML Injectable Solution", "haloperidol", None),
        ("Haloperidol 5 MG/ML Injectable Solution", "haloperidol", None),
        ("paliperidone palmitate 156 MG/ML Injectable Suspension", "paliperidone", FormRelease.DEPOT),
        (
            "Methylprednisolone acetate 40 MG/ML Injectable Suspension",
            "methylprednisolone",
            FormRelease.DEPOT,
        ),
        (
            "methylprednisolone sodium succinate 125 MG/ML Injectable Solution",
            "methylprednisolone",
            None,
        ),
    ],
)
def test_the_salt_decides_whether_an_injection_is_a_depot(
    base: KnowledgeBase, name: str, ingredient: str, release: FormRelease | None
) -> None:
    product = base.product(listed(name))
    assert (product.ingredients, product.release) == ((ingredient,), release)
    assert base.product(Medication(text=name)).release is release


def test_a_decanoate_that_is_not_listed_is_not_taken_for_the_plain_drug(base: KnowledgeBase) -> None:
    assert "haloperidol" not in base.product(listed("bromperidol decanoate 50 MG/ML Injection")).ingredients
    assert not base.product(Medication(text="metoclopramide decanoate")).mapped
