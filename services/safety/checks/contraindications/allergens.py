"""What a recorded allergy is to: drugs that the base knows, classes by the words of records, or neither."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from schemas.medications import Coding, Medication
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.allergy import AllergyRule
from services.safety.knowledge.lexicon import tidy

_ABOUT_ALLERGY = re.compile(
    r"\b(?:drug )?(?:allerg(?:y|ies|ic)(?: reaction)?|intoleran(?:ce|t)|hypersensitivity|anaphylaxis"
    r"|adverse reaction)\b(?: caused by)?(?: to)?|\((?:disorder|finding|substance|product)\)"
)
_SEPARATORS = re.compile(r"\s*(?:[/,;&+]|\band\b|\bor\b)\s*")


@dataclass(frozen=True, slots=True)
class Allergen:
    """What an allergy is to. `rows`: the ids of the rules that its words or codes lead to.

    `named` is how it is told to people and tells one allergen from another; `unknown` are the parts of it
    that lead nowhere.
    """

    named: str
    ingredients: frozenset[str]
    rows: frozenset[str]
    unknown: tuple[str, ...]


@lru_cache(maxsize=16_384)
def allergen(knowledge: KnowledgeBase, substance: Medication) -> Allergen:
    """What the substance of an allergy stands for under a knowledge base."""
    codings = tuple(
        Coding(system=coding.system, code=coding.code, display=_bare(coding.display))
        for coding in substance.codings
    )
    bare = Medication(text=_bare(substance.text), codings=codings, ingredients=substance.ingredients)
    texts = dict.fromkeys(text for text in (bare.text, *(coding.display for coding in codings)) if text)
    product = knowledge.product(bare)
    known = frozenset(name for name in product.ingredients if not name.startswith("<"))
    rows = _by_code(knowledge, codings)
    words = _words(knowledge)
    unknown: list[str] = []
    if not known:
        for text in texts:
            rows |= words.get(text, frozenset())
        if not rows and texts:
            for part in _SEPARATORS.split(next(iter(texts))):
                one = frozenset(knowledge.product(Medication(text=part)).ingredients) if part else frozenset()
                known |= {name for name in one if not name.startswith("<")}
                rows |= words.get(part, frozenset())
                if part and part not in words and not one:
                    unknown.append(part)
    else:
        for name in product.ingredients:
            part = name.strip("<>")
            rows |= words.get(part, frozenset()) if name.startswith("<") else frozenset()
            if name.startswith("<") and part not in words:
                unknown.append(part)
    label = _label(knowledge, texts, rows) or next((c.code for c in codings), "something unnamed")
    if not known and not rows and not unknown:
        unknown.append(label)
    named = ", ".join(sorted(known)) if known and not rows else label
    return Allergen(named, known, rows, tuple(unknown))


def leads(knowledge: KnowledgeBase, row: AllergyRule, to: Allergen) -> bool:
    """Whether an allergy is one of those that a row speaks of."""
    return row.id in to.rows or any(
        knowledge.selected(selector, name) for selector in row.allergens for name in to.ingredients
    )


def _label(knowledge: KnowledgeBase, texts: Iterable[str], rows: frozenset[str]) -> str:
    """What was written; of several words for the same class the one that its row names first."""
    text = next(iter(texts), "")
    if rows and (not text or text in _words(knowledge)):
        named = sorted((row.id, row.names) for row in knowledge.rules_of_kind(AllergyRule) if row.names)
        return next((names[0] for row_id, names in named if row_id in rows), text)
    return text


def _bare(text: str) -> str:
    return tidy(_ABOUT_ALLERGY.sub(" ", text.lower()))


@lru_cache(maxsize=8)
def _words(knowledge: KnowledgeBase) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for row in knowledge.rules_of_kind(AllergyRule):
        for name in row.names:
            found[name] = found.get(name, frozenset()) | {row.id}
    return found


def _by_code(knowledge: KnowledgeBase, codings: Iterable[Coding]) -> frozenset[str]:
    return frozenset(
        row.id
        for row in knowledge.rules_of_kind(AllergyRule)
        for code in row.codes
        for coding in codings
        if coding.system == code.system
        and (coding.code == code.code or (code.prefix and coding.code.startswith(code.code)))
    )
