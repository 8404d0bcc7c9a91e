"""What an administration gave is known by what was stated of it, not by what was given before."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.clinical import Administration
from schemas.medications import Route
from services.safety.ledger.giving import given_of
from tests.brief_knowledge import knowledge
from tests.builders import at, dose, in_words, medication, tablets
from tests.checks.test_release import RELEASE

BASE = knowledge(rules=(RELEASE,))
PRODUCTS = (
    medication("fentanyl"),
    medication("baclofen"),
    in_words("baclofen"),
    tablets(hydrocodone="5 mg", acetaminophen="325 mg"),
    tablets(hydrocodone="10 mg", acetaminophen="325 mg"),
)
CHOICES: dict[str, tuple[Any, ...]] = {
    "drug": PRODUCTS,
    "amount": ("5 mg", "5.0 mg", None, "5 ug/h", "2 mg/kg", "1 {tablet}", "1 furlong"),
    "when": (at(0), at(2)),
    "route": (Route.ORAL, Route.TRANSDERMAL, Route.INTRATHECAL),
    "done": (True, False),
    "lasting": (None, timedelta(hours=1)),
    "rate": (None, "1 mg"),
    "order": (None, "order-a", "order-b"),
    "entity": ("dose-a", "dose-b"),
    "source": ("ward", "pump"),
    "received_at": (at(2), at(3)),
}
CHANGES = [(name, value) for name, values in CHOICES.items() for value in values]


@st.composite
def doses_like_the_first(draw: st.DrawFn) -> list[Administration]:
    """A dose, and others of which each differs from it in one or two things."""
    first = {name: draw(st.sampled_from((*3 * values[:1], *values))) for name, values in CHOICES.items()}
    others = draw(
        st.lists(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=2), min_size=3, max_size=12)
    )
    return [dose(**first), *(dose(**(first | dict(changes))) for changes in others)]


@given(doses_like_the_first())
def test_a_dose_holds_the_same_to_the_digit_whatever_was_given_before_it(doses: list[Administration]) -> None:
    """Against the same knowledge base without a memory, which was asked of no dose before."""
    base = replace(BASE)
    for fact in doses:
        assert repr(given_of(fact, base)) == repr(given_of(fact, replace(BASE)))


def test_tablets_of_one_name_hold_what_each_says_of_itself() -> None:
    weak, strong = (dose(product, "1 {tablet}", at(0)) for product in PRODUCTS[-2:])
    assert [each.amount for each in given_of(weak, BASE)] != [each.amount for each in given_of(strong, BASE)]


def test_a_second_patch_is_worn_from_when_it_was_put_on() -> None:
    first, second = (dose("fentanyl", "25 ug/h", at(hour), route=Route.TRANSDERMAL) for hour in (0, 2))
    (one,), (other,) = given_of(first, BASE), given_of(second, BASE)
    assert (one.end, other.end) == (at(72), at(74))
