"""What the words of a dosage say, as far as they can be set against its structure.

House rule: words never become numbers of a fact. They only serve to distrust a structure that says something
else: where both can be read and differ, neither is believed. What cannot be read for sure is not held
against anything.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from schemas.quantities import Quantity, UnconvertibleUnit, UnknownUnit, convert, dimension, ucum
from services.intake.fhir.timing import Schedule

_NUMBERS = {
    "one": 1, "a": 1, "once": 1, "two": 2, "twice": 2, "three": 3, "thrice": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
_N = r"(\d+(?:\.\d+)?|" + "|".join(_NUMBERS) + r")"
_TO = r"(?:\s*(?:-|to|or)\s*" + _N + r")?"
_CEILING = re.compile(r"\b(max(imum)?|not (to )?exceed|no more than|do not take more)\b[^.;]*", re.IGNORECASE)
_DIVIDED = re.compile(r"\bdivided\b", re.IGNORECASE)
_HOURS = {
    "hour": Decimal(1),
    "hr": Decimal(1),
    "h": Decimal(1),
    "day": Decimal(24),
    "week": Decimal(168),
    "wk": Decimal(168),
}
_EVERY = re.compile(
    rf"\bevery\s+(?:{_N}{_TO}\s*)?(?P<other>other\s+)?(hour|hr|h|day|week|wk)s?\b", re.IGNORECASE
)
_TIMES = re.compile(
    rf"\b{_N}{_TO}\s*(?:x|times?)?\s*(?:/|\bper\b|\ba\b|\ban\b|\beach\b|\bevery\b)\s*(hour|hr|day|week|wk)\b",
    re.IGNORECASE,
)
_TIMES_DAILY = re.compile(
    rf"\b(?:{_N}{_TO}\s*(?:x|times)\s*(?:a\s+)?(?P<u>daily|weekly)|"
    r"(?P<o>once|twice|thrice)[ -]?(?:a |per )?(?P<v>daily|day|weekly|week))\b",
    re.IGNORECASE,
)
_DAILY = re.compile(r"(?<![\w-])(?:daily|nightly|at bedtime)(?![\w-])", re.IGNORECASE)
_ABBREVIATED = {"bid": 2, "tid": 3, "qid": 4, "qd": 1}
_LATIN = re.compile(r"\b(b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|q\.?d)\b", re.IGNORECASE)
_ALTERNATE = re.compile(r"\b(alternate|alternating) days?\b", re.IGNORECASE)
_AMOUNT = re.compile(
    rf"(?<![\w./]){_N}{_TO}\s*(?P<unit>mcg|ug|µg|mg|g|grams?|kg|ml|l|meq|units?|iu|tab(?:let)?s?|cap(?:sule)?s?|"
    r"patch(?:es)?|drops?|puffs?)(?P<per>/(?:kg|m2)(?:/(?:h|hr|hour|min|day|d))?|/(?:h|hr|hour|min|day|d))?(?![\w/])",
    re.IGNORECASE,
)
_FOR = re.compile(rf"\bfor\s+(?:up to\s+)?{_N}\s*(day|week|wk)s?\b", re.IGNORECASE)
_OVER = re.compile(rf"\bover\s+{_N}\s*(min(?:ute)?|hour|hr|h)s?\b", re.IGNORECASE)
_NEEDED = re.compile(
    r"\b(as needed|as required|when (needed|required)|if (needed|required)|prn|p\.r\.n)\b", re.IGNORECASE
)
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


def per_day(text: str) -> list[tuple[Decimal, Decimal]]:
    """Every frequency the words may mean, fewest and most doses a day; empty where none can be read."""
    text = _CEILING.sub(" ", _spaced(text))
    if _DIVIDED.search(text):
        return []
    found: list[tuple[Decimal, Decimal]] = []
    for match in _EVERY.finditer(text):
        span = _HOURS[match[4].lower()] * (2 if match["other"] else 1)
        low, high = _range(match[1] or "1", match[2])
        if low > 0:
            found.append((24 / (high * span), 24 / (low * span)))
    for match in _TIMES.finditer(text):
        low, high = _range(match[1], match[2])
        days = _HOURS[match[3].lower()] / 24
        found.append((low / days, high / days))
    text = _TIMES.sub(" ", text)
    for match in _TIMES_DAILY.finditer(text):
        low, high = _range(match[1] or match["o"], match[2])
        days = Decimal(7) if (match["u"] or match["v"]).lower().startswith("week") else Decimal(1)
        found.append((low / days, high / days))
    text = _TIMES_DAILY.sub(" ", text)
    found += [
        (Decimal(times), Decimal(times))
        for match in _LATIN.finditer(text)
        if (times := _ABBREVIATED[match[1].lower().replace(".", "")])
    ]
    if _ALTERNATE.search(text):
        found.append((Decimal("0.5"), Decimal("0.5")))
    if not found and _DAILY.search(text):
        found.append((Decimal(1), Decimal(1)))
    return found


def _spaced(text: str) -> str:
    """The words one space apart: a pattern with several gaps takes the square of a long one's length."""
    return " ".join(text.split())


def frequency_contradicts(text: str, schedule: Schedule) -> bool:
    """Whether no frequency that the words may mean fits the structured one."""
    structured, worded = schedule.per_day(), per_day(text)
    if structured is None or not worded:
        return False
    return not any(low <= structured[1] and structured[0] <= high for low, high in _widened(worded))


def _widened(ranges: list[tuple[Decimal, Decimal]]) -> list[tuple[Decimal, Decimal]]:
    slack = Decimal("0.001")
    return [(low - slack, high + slack) for low, high in ranges]


def amounts(text: str) -> list[StatedAmount]:
    """The amounts the words name, each with its unit as written."""
    found = []
    for match in _AMOUNT.finditer(_CEILING.sub(" ", _spaced(text))):
        low, high = _range(match[1], match[2])
        unit = match["unit"].lower()
        per = _HOUR_OR_DAY.sub(lambda part: part[0][:2], (match["per"] or "").lower())
        found.append(StatedAmount(low, high, _PLURALS.get(unit, unit) + per))
    return found + _pieces_times_strength(found)


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


def amount_contradicts(text: str, doses: tuple[Quantity, ...]) -> bool:
    """Whether the words name amounts of the structure's kind and none is one of the structured `doses` (the
    ends of a range), or count pieces where the structure, with the same number, weighs them ("ONE tablet" as
    1 mg).
    """
    worded = amounts(text)
    verdicts = [verdict for dose in doses if (verdict := _fits(dose, worded)) is not None]
    return bool(verdicts) and not any(verdicts)


def _fits(dose: Quantity, worded: list[StatedAmount]) -> bool | None:
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
        _number(match[1]) * (7 if match[2].lower().startswith("w") else 1)
        for match in _FOR.finditer(_spaced(text))
    }
    return found.pop() if len(found) == 1 else None


def infusion_seconds(text: str) -> Decimal | None:
    """Over how long the words say it is given; None where they say nothing or several things."""
    found = {
        _number(match[1]) * (60 if match[2].lower().startswith("m") else 3_600)
        for match in _OVER.finditer(_spaced(text))
    }
    return found.pop() if len(found) == 1 else None


def _number(text: str) -> Decimal:
    lowered = text.lower()
    return Decimal(_NUMBERS[lowered]) if lowered in _NUMBERS else Decimal(lowered)


def _range(low: str, high: str | None) -> tuple[Decimal, Decimal]:
    first = _number(low)
    second = _number(high) if high else first
    return min(first, second), max(first, second)


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
