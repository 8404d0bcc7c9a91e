"""Which ingredients a product holds, from everything its source said of it.

Codes, stated ingredients and structured names are trusted, and must agree. Where two of them name different
ingredients, all are kept for interactions and none enters a dose sum; where they give different strengths,
the strength counts as unknown. Names in free text are only ever text.
"""

from collections.abc import Iterable, Sequence

from schemas.medications import Medication, StatedIngredient
from schemas.quantities import Quantity
from services.safety.knowledge.code_maps import CodeBook, Contents
from services.safety.knowledge.concentrates import Concentrates
from services.safety.knowledge.lexicon import Lexicon, tidy, unknown
from services.safety.knowledge.models import Drug
from services.safety.knowledge.naming import CodeMap, Naming
from services.safety.knowledge.products import Basis, Contained, FormRelease, Product
from services.safety.knowledge.structured_names import StructuredNames


class ProductRecogniser:
    """Recognises products by codes, stated ingredients and names, in that order of trust."""

    def __init__(self, drugs: Sequence[Drug], naming: Naming, maps: Iterable[CodeMap]) -> None:
        self.naming = naming
        self.maps = tuple(maps)
        self._lexicon = Lexicon(drugs, naming)
        self._codes = CodeBook(drugs, self.maps)
        self._structured = StructuredNames(drugs, naming, self._lexicon)
        self._concentrates = Concentrates(drugs)
        self._depots = tuple(tidy(name) for drug in drugs for name in drug.depots)
        self._extended = tuple(tidy(name) for drug in drugs for name in drug.extended)

    def product(self, medication: Medication) -> Product:
        """The product; without contents where nothing is known of it."""
        label = _label(medication)
        coded = [held for coding in medication.codings if (held := self._codes.contents(coding))]
        stated, stated_by_code = self._stated(medication.ingredients)
        named = self._named(medication) if medication.codings or stated else []
        readings = self._concentrates.told_apart(
            [*coded, *([stated] if stated else []), *named], _names(medication)
        )
        if not readings:
            return self._by_text(medication, label)
        if len({frozenset(_ingredients(reading)) for reading in readings}) > 1:
            union = dict.fromkeys(name for reading in readings for name in _ingredients(reading))
            return Product(label, tuple(map(Contained, union)), Basis.TEXT, exact_code=False)
        exact = bool(coded) or stated_by_code
        basis = Basis.CODE if exact else Basis.STRUCTURED_NAME
        return Product(label, _agreed(readings), basis, exact, self._release(medication))

    def _stated(self, ingredients: Iterable[StatedIngredient]) -> tuple[Contents, bool]:
        contents: list[Contained] = []
        by_code = True
        for one in ingredients:
            held = next((held for coding in one.codings if (held := self._codes.contents(coding))), ())
            names = _ingredients(held) or (self._by_name(one),)
            by_code = by_code and bool(held)
            strength, per = (one.strength, one.per) if len(names) == 1 else (None, None)
            contents += [Contained(name, strength, per) for name in names]
        known = any(not content.ingredient.startswith("<") for content in contents)
        return (tuple(contents), by_code) if known else ((), False)

    def _by_name(self, one: StatedIngredient) -> str:
        names = [name for name in (one.name, *(coding.display for coding in one.codings)) if name]
        known = next((known for name in names if (known := self._lexicon.ingredient(name))), None)
        return known or unknown(self._lexicon.bare(names[0]) if names else "no name")

    def _release(self, medication: Medication) -> FormRelease | None:
        """How the product lets its drugs go; None where nothing says so, or sources contradict each other."""
        known_by_name = self._release_by_name(medication)
        if known_by_name is not None:
            return known_by_name
        names = _names(medication)
        said = {self._codes.release(coding) for coding in medication.codings}
        said |= {self._structured.release(name) for name in names}
        known = [release for release in FormRelease if release in said]
        return known[0] if len(known) == 1 else None

    def _release_by_name(self, medication: Medication) -> FormRelease | None:
        """What a name says that gives off its drug over weeks, or slowly whatever its dose form is called."""
        names = [tidy(name) for name in _names(medication)]
        if any(depot in name for name in names for depot in self._depots):
            return FormRelease.DEPOT
        slow = any(each in name for name in names for each in self._extended)
        return FormRelease.EXTENDED if slow else None

    def _named(self, medication: Medication) -> list[Contents]:
        names = dict.fromkeys(_names(medication))
        return [held for name in names if (held := self._structured.contents(name))]

    def _by_text(self, medication: Medication, label: str) -> Product:
        names = dict.fromkeys((medication.text, *(coding.display for coding in medication.codings)))
        for name in names:
            contents = self._structured.contents(name) or tuple(
                Contained(ingredient) for ingredient in self._lexicon.in_text(name)
            )
            if contents:
                release = self._release_by_name(medication)
                told = self._concentrates.told_apart([contents], _names(medication))[0]
                return Product(label, told, Basis.TEXT, False, release)
        return Product(label, self._concentrates.marked(_names(medication)), Basis.TEXT, exact_code=False)


def _names(medication: Medication) -> tuple[str, ...]:
    """Everything that names it: what the codes display, then the text."""
    return (*(coding.display for coding in medication.codings), medication.text)


def _label(medication: Medication) -> str:
    names = (medication.text, *(coding.display for coding in medication.codings))
    codes = (coding.code for coding in medication.codings)
    stated = " / ".join(one.name for one in medication.ingredients if one.name)
    return next((name for name in (*names, stated, *codes) if name), "")


def _ingredients(contents: Contents) -> tuple[str, ...]:
    return tuple(content.ingredient for content in contents)


def _agreed(readings: Sequence[Contents]) -> Contents:
    return tuple(
        _with_strength(ingredient, readings) for ingredient in dict.fromkeys(_ingredients(readings[0]))
    )


def _with_strength(ingredient: str, readings: Sequence[Contents]) -> Contained:
    given: list[tuple[Quantity, Quantity]] = [
        (content.strength, content.per)
        for reading in readings
        for content in reading
        if content.ingredient == ingredient and content.strength is not None and content.per is not None
    ]
    if not given or any(other != given[0] for other in given[1:]):
        return Contained(ingredient)
    return Contained(ingredient, *given[0])
