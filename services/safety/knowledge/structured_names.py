"""Reading names of the form that RxNorm gives its clinical drugs: ingredient, strength, dose form at the end.

"Acetaminophen 325 MG / Hydrocodone Bitartrate 5 MG Oral Tablet" holds two ingredients, each with a strength.
Per cent are grams in 100 mL of a solution, or in 100 g of a cream, and 1:1000 is a gram in 1000 mL.
A name that lacks a strength or a known dose form is not of this kind, and is nothing more than text.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from schemas.quantities import Quantity, UnknownUnit, dimension, ucum
from services.safety.knowledge.lexicon import Lexicon, tidy, unknown
from services.safety.knowledge.models import Drug
from services.safety.knowledge.naming import DoseForm, Naming
from services.safety.knowledge.products import Contained, FormRelease

_BRAND = re.compile(r"\s*\[[^\[\]]*\]\s*$")
_LEADING = re.compile(r"^(?:\d+(?:\.\d+)?\s(?:hr|ml|actuat|mg)\s)+")
_COMPONENT = re.compile(
    r"^(?P<name>[a-z].*?)\s(?P<value>\d+(?:\.\d+)?)\s?(?P<unit>[a-z]+|%)(?:/(?P<per>\d*[a-z]+))?(?:\s(?P<form>.*))?$"
)
_RATIO = re.compile(r"(?<!\S)1\s?:\s?(\d[\d,]*)(?!\S)")
_PER = re.compile(r"^(?P<value>\d*)(?P<unit>[a-z]+)$")
_LARGEST = 512


class StructuredNames:
    """Reads structured names, and brand names whose number is a strength ("Baclof 10")."""

    def __init__(self, drugs: Iterable[Drug], naming: Naming, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._forms = {form.name: form for form in naming.forms}
        self._branded = {
            tidy(brand.name): (Contained(drug.drug, brand.strength, brand.per),)
            for drug in drugs
            for brand in drug.branded
        }

    def contents(self, name: str) -> tuple[Contained, ...]:
        """What the name says the product holds; nothing where it is no such name or knows no ingredient."""
        text = tidy(_BRAND.sub("", name[:_LARGEST]))
        branded = self._branded.get(text)
        if branded is not None:
            return branded
        parts, form = self._parts(text)
        if form is None:
            return ()
        contents = tuple(self._contained(part, form) for part in parts)
        return contents if any(not content.ingredient.startswith("<") for content in contents) else ()

    def release(self, name: str) -> FormRelease | None:
        """How the product lets its drugs go, by the dose form at the end of its name."""
        form = self._parts(tidy(_BRAND.sub("", name[:_LARGEST])))[1]
        return form.release if form is not None else None

    def _parts(self, text: str) -> tuple[list[re.Match[str]], DoseForm | None]:
        """The components of a structured name and its dose form; no form where it is no such name."""
        spelt = _RATIO.sub(_in_grams, _LEADING.sub("", text))
        found = [_COMPONENT.match(component) for component in spelt.split(" / ")]
        matches = [match for match in found if match is not None]
        if len(matches) != len(found) or any(match["form"] for match in matches[:-1]):
            return [], None
        return matches, self._forms.get(matches[-1]["form"] or "")

    def _contained(self, match: re.Match[str], form: DoseForm) -> Contained:
        ingredient = self._lexicon.ingredient(match["name"]) or unknown(self._lexicon.bare(match["name"]))
        if match["unit"] == "%":
            if form.percent_of is None:
                return Contained(ingredient)
            return Contained(ingredient, Quantity(value=Decimal(match["value"]), unit="g"), form.percent_of)
        per = _per(match["per"]) if match["per"] else form.counted
        unit = _unit(match["unit"])
        if per is None or unit is None:
            return Contained(ingredient)
        return Contained(ingredient, Quantity(value=Decimal(match["value"]), unit=unit), per)


def _in_grams(ratio: re.Match[str]) -> str:
    """ "1:1,000" is a gram in 1000 millilitres."""
    return f"1 g/{ratio[1].replace(',', '')}ml"


def _per(text: str) -> Quantity | None:
    match = _PER.match(text)
    unit = _unit(match["unit"]) if match else None
    if match is None or unit is None or dimension(unit) not in ("volume", "mass"):
        return None
    return Quantity(value=Decimal(match["value"] or 1), unit=unit)


def _unit(text: str) -> str | None:
    try:
        return ucum(text)
    except UnknownUnit:
        return None
