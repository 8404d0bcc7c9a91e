"""What a code means: ingredient codes of the drug files, and the lists that a site or a source brings."""

import re
from collections.abc import Iterable
from fnmatch import translate

from schemas.medications import Coding
from services.safety.knowledge.models import Drug
from services.safety.knowledge.naming import CodeMap, MappedProduct
from services.safety.knowledge.products import Contained, FormRelease

Contents = tuple[Contained, ...]
_Meaning = tuple[Contents, FormRelease | None]
_NOTHING: _Meaning = ((), None)


class CodeBook:
    """Looks codes up. A list's own entry goes before an ingredient code; a pattern of displays comes last."""

    def __init__(self, drugs: Iterable[Drug], maps: Iterable[CodeMap]) -> None:
        self._codes: dict[tuple[str, str], _Meaning] = {}
        self._displays: dict[str, list[tuple[re.Pattern[str], _Meaning]]] = {}
        for drug in drugs:
            meaning = ((Contained(drug.drug),), None)
            for system in ("rxnorm", "atc", "snomed"):
                for code in getattr(drug.codes, system):
                    self._codes[system, code_key(code)] = meaning
        for one in maps:
            for product in one.products:
                self._enter(one.system, product)

    def _enter(self, system: str, product: MappedProduct) -> None:
        contents = tuple(Contained(part.ingredient, part.strength, part.per) for part in product.contents)
        meaning = (contents, product.release)
        for code in product.codes:
            self._codes[system, code_key(code)] = meaning
        for display in product.displays:
            pattern = re.compile(translate(display.lower()))
            self._displays.setdefault(system, []).append((pattern, meaning))

    def contents(self, coding: Coding) -> Contents:
        """What a code holds; nothing where it is not known."""
        return self._meaning(coding)[0]

    def release(self, coding: Coding) -> FormRelease | None:
        """How a product lets its drugs go, where the list of its code says so."""
        return self._meaning(coding)[1]

    def _meaning(self, coding: Coding) -> _Meaning:
        known = self._codes.get((coding.system, code_key(coding.code)))
        if known is not None:
            return known
        display = coding.display.lower()
        return next(
            (held for pattern, held in self._displays.get(coding.system, ()) if pattern.match(display)),
            _NOTHING,
        )


def code_key(code: str) -> str:
    """Letter case and runs of spaces carry no meaning in any list of codes known here."""
    return " ".join(code.lower().split())
