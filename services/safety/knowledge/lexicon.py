"""From a name as people write it to an ingredient: salts and packing words are seen through, no more.

A name must be known whole. The first word alone never decides: "potassium" is not potassium chloride.
"""

import re
from collections.abc import Iterable

from services.safety.knowledge.models import Drug
from services.safety.knowledge.naming import Naming

_BRACKETED = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_SEPARATORS = re.compile(r"\s*(?:\bw/|[/+,&;-]|\band\b|\bwith\b)\s*")
_NUMBERED = re.compile(r"(?<!\S)\S*\d\S*(?:\s?(?:mg|mcg|ug|g|gm|ml|meq|unt|units?|%|hr)\b(?:/\S+)?)?")


class Lexicon:
    """All names of all drugs, letter case and spacing ignored."""

    def __init__(self, drugs: Iterable[Drug], naming: Naming) -> None:
        self._names: dict[str, str] = {}
        for drug in drugs:
            for name in (drug.drug, *drug.names, *drug.depots, *drug.extended):
                self._names[tidy(name)] = drug.drug
        self._salts = sorted((f" {salt}" for salt in naming.salts), key=len, reverse=True)
        words = {*naming.loose, *(form.name for form in naming.forms)}
        longest_first = sorted(words, key=len, reverse=True)
        self._loose = re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")s?\b")

    def ingredient(self, name: str) -> str | None:
        """The ingredient of a name that is known whole, with or without its salt."""
        text = tidy(name)
        while text not in self._names:
            salt = next((salt for salt in self._salts if text.endswith(salt)), None)
            if salt is None:
                return None
            text = text.removesuffix(salt)
        return self._names[text]

    def bare(self, name: str) -> str:
        """A name without its salt, for an ingredient that is not known."""
        text = tidy(name)
        salt = next((salt for salt in self._salts if text.endswith(salt)), "")
        return text.removesuffix(salt)

    def in_text(self, text: str) -> tuple[str, ...]:
        """The ingredients that free text names; unknown parts beside known ones stand in angle brackets."""
        bracketed = [one or other for one, other in _BRACKETED.findall(text)]
        outside = _BRACKETED.sub(" ", text)
        inside = [known for part in bracketed if (known := self.ingredient(self._stripped(part)))]
        named = self._parts(outside)
        if inside and not named and self._stripped(outside):
            named = [unknown(self._stripped(outside))]
        return tuple(dict.fromkeys([*named, *inside]))

    def _parts(self, text: str) -> list[str]:
        whole = self._whole(text)
        if whole is not None:
            return [whole]
        parts = [part for part in _SEPARATORS.split(self._stripped(text)) if part]
        known = [self.ingredient(part) for part in parts]
        if not any(known):
            return []
        return [name or unknown(part) for name, part in zip(known, parts, strict=True)]

    def _whole(self, text: str) -> str | None:
        return self.ingredient(text) or self.ingredient(self._stripped(text))

    def _stripped(self, text: str) -> str:
        return tidy(self._loose.sub(" ", _NUMBERED.sub(" ", tidy(text))))


def tidy(text: str) -> str:
    """Lower case, one space between words, no punctuation at the ends."""
    return " ".join(text.lower().split()).strip(" .,;:*-/")


def unknown(name: str) -> str:
    """How an ingredient that the base does not know is named: never mistaken for a drug of the base."""
    return f"<{tidy(name)}>"
