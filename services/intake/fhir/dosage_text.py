"""What the words of a dosage say, as far as they can be set against its structure.

House rule: words never become numbers of a fact. They only serve to distrust a structure that says something
else: where both can be read and differ, neither is believed. What cannot be read for sure is not held
against anything.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from schemas.quantities import Quantity, UnconvertibleUnit, UnknownUnit, convert, dimension, ucum
from services.intake.fhir.worded_numbers import NUMBER, UP_TO, both_ends, number, readable, spaced

_AMOUNT = re.compile(
    rf"(?<![\w./])(?<!\d,){NUMBER}{UP_TO}\s*"
    r"(?P<unit>mcg|ug|µg|micrograms?|mg|milligrams?|g|grams?|kg|ml|l|meq|units?|iu|tab(?:let)?s?|cap(?:sule)?s?|"
    r"patch(?:es)?|drops?|puffs?)(?P<per>/(?:kg|m2)(?:/(?:h|hr|hour|min|day|d))?|/(?:h|hr|hour|min|day|d))?(?![\w/])",
    re.IGNORECASE,
)
_FOR = re.compile(rf"\bfor\s+(?:up to\s+)?{NUMBER}\s*(day|week|wk)s?\b", re.IGNORECASE)
_OVER = re.compile(rf"\bover\s+{NUMBER}\s*(min(?:ute)?|hour|hr|h)s?\b", re.IGNORECASE)
_NEEDED = re.compile(
    r"\b(as needed|as required|when (needed|required)|if (needed|required)|prn|p\.r\.n)\b", re.IGNORECASE
)
_SO_MUCH = r"\d[\d.,]*\s*(?:mcg|ug|µg|micrograms?|mg|milligrams?|g|grams?|ml|meq|units?|iu)(?![\w/])"
_WASTED = re.compile(
    rf"\b(?:wast(?:ed|e|age)|discarded)\s*[:=]?\s*{_SO_MUCH}"
    rf"|{_SO_MUCH}\s*(?:was |were )?(?:wasted|discarded)\b",
    re.IGNORECASE,
)
_ANY_WASTE = re.compile(r"wast|discard", re.IGNORECASE)
_HOUR_OR_DAY = re.compile(r"/(hour|hr|day)$")
_MOST_PAIRS = 400
"""More pieces and strengths than these are no dosage, and pairing thousands would take minutes."""
_PLURALS = {"patches": "patch"}


@dataclass(frozen=True, slots=True)
class StatedAmount:
    """An amount in the words, from `low` to `high`."""

    low: Decimal
    high: Decimal
    unit: str


def as_needed(text: str) -> bool:
    """Whether the words make the dose one "as needed"."""
    return _NEEDED.search(text) is not None


@lru_cache(maxsize=1024)
def amounts(text: str) -> tuple[StatedAmount, ...]:
    """The amounts the words name, each with its unit as written. Remembered, because words repeat."""
    found = []
    for match in _AMOUNT.finditer(readable(text)):
        low, high = both_ends(match[1], match[2])
        unit = match["unit"].lower()
        per = _HOUR_OR_DAY.sub(lambda part: part[0][:2], (match["per"] or "").lower())
        found.append(StatedAmount(low, high, _PLURALS.get(unit, unit) + per))
    return (*found, *_pieces_times_strength(found))


def _pieces_times_strength(found: list[StatedAmount]) -> list[StatedAmount]:
    """Two tablets of 500 mg are also 1000 mg."""
    different = dict.fromkeys(found)
    pieces = [item for item in different if _kind(item.unit) == "count"]
    strengths = [item for item in different if _kind(item.unit) == "mass"]
    if len(pieces) * len(strengths) > _MOST_PAIRS:
        return []
    return [
        StatedAmount(piece.low * strength.low, piece.high * strength.high, strength.unit)
        for piece in pieces
        for strength in strengths
    ]


def without_waste(text: str) -> str:
    """The words about what was given, without how much of a drug was thrown away; all of them where they say
    more of that than an amount.
    """
    left = _WASTED.sub(" ", text)
    return text if _ANY_WASTE.search(left) else left


def amount_contradicts(text: str, doses: tuple[Quantity, ...]) -> bool:
    """Whether the words name amounts of the structure's kind and none is one of the structured `doses` (the
    ends of a range), or count pieces where the structure, with the same number, weighs them ("ONE tablet" as
    1 mg).
    """
    worded = amounts(text)
    verdicts = [verdict for dose in doses if (verdict := _fits(dose, worded)) is not None]
    return bool(verdicts) and not any(verdicts)


def _fits(dose: Quantity, worded: tuple[StatedAmount, ...]) -> bool | None:
    """Whether some amount in the words is this dose; None where the words name nothing of its kind."""
    kind = _kind(dose.unit)
    if kind is None:
        return None
    same = [item for item in worded if _kind(item.unit) in (kind, f"{kind}/d")]
    if same:
        return any(_holds(item, dose) for item in same)
    counted = [item for item in worded if _kind(item.unit) == "count"]
    if kind != "count" and any(item.low <= dose.value <= item.high for item in counted):
        return False
    return None


def days(text: str) -> Decimal | None:
    """How long the words say the dosage lasts; None where they say nothing or several things."""
    found = {
        number(match[1]) * (7 if match[2].lower().startswith("w") else 1)
        for match in _FOR.finditer(spaced(text))
    }
    return found.pop() if len(found) == 1 else None


def infusion_seconds(text: str) -> Decimal | None:
    """Over how long the words say it is given; None where they say nothing or several things."""
    found = {
        number(match[1]) * (60 if match[2].lower().startswith("m") else 3_600)
        for match in _OVER.finditer(spaced(text))
    }
    return found.pop() if len(found) == 1 else None


def _kind(unit: str) -> str | None:
    head, _, rest = unit.partition("/")
    try:
        return f"{dimension(head)}/{rest.lower()}" if rest else dimension(head)
    except UnknownUnit:
        return None


def _holds(item: StatedAmount, dose: Quantity) -> bool:
    left, right = dose.unit.partition("/")[0], item.unit.partition("/")[0]
    try:
        if ucum(left).startswith("{") or ucum(right).startswith("{"):
            value = dose.value
        else:
            value = convert(dose.value, left, right)
    except (UnknownUnit, UnconvertibleUnit):
        return True
    return item.low <= value <= item.high
