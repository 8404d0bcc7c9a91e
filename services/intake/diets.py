"""How hospitals write that a patient is to get nothing by mouth, whichever format brings it.

What is not surely that is not: "NPO except medications" leaves the drugs as they are, and "NPO after
midnight" says in words when it begins. Where a diet is not known for one, missed doses are told as ever.
"""

import re
from collections.abc import Iterable

from schemas.medications import Coding
from schemas.nothing_by_mouth import says_nothing_by_mouth

_SURELY = re.compile(
    r"(strict(ly)? )?(npo|nbm|n p o|n b m|(nil|nothing) (by mouth|per os))( nutrition| diet| status)?"
    r"( (nil|nothing) (by mouth|per os)| npo| nbm)?( strict(ly)?)?( (effective )?now)?"
    r"( including (all )?(oral )?(meds|medications?|medicines?|drugs))?( (except|but) (for )?ice( chips?)?)?"
)
_OF_DRUGS = re.compile(r"\b(meds?|medications?|medicines?|drugs?|pills?|tablets?|rx)\b")
_INCLUDED = re.compile(r"\bincluding (all )?(oral )?(meds|medications?|medicines?|drugs)\b")

_NOT_YET = re.compile(r"\b(after|from|start\w*|begin\w*|midnight|tonight|tomorrow|if|when|unless)\b")


def nothing_by_mouth(diets: Iterable[tuple[tuple[Coding, ...], str]], words: Iterable[str] = ()) -> bool:
    """Whether one of the diets of an order, each with its codes and its text, is that nothing is swallowed,
    drugs included. `words`: what else the order says; where any of it speaks of drugs in another way, or of
    a time that words alone tell, nobody can say.
    """
    named = list(diets)
    texts = [_plain(text) for codings, text in named for text in (text, *(each.display for each in codings))]
    said = [*texts, *map(_plain, words)]
    if any(_OF_DRUGS.search(_INCLUDED.sub(" ", text)) or _NOT_YET.search(text) for text in said):
        return False
    local = [_plain(each.code) for codings, _ in named for each in codings if each.system != "snomed"]
    coded = any(says_nothing_by_mouth(codings) for codings, _ in named)
    return coded or any(_SURELY.fullmatch(text) for text in (*texts, *local))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.lower()).split())
