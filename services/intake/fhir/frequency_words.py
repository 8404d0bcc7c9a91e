"""How often a dose is taken by its words, as far as that can be set against its structure."""

import re
from decimal import Decimal
from functools import lru_cache

from services.intake.fhir.timing import Schedule
from services.intake.fhir.worded_numbers import NUMBER, UP_TO, both_ends, readable

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
    rf"\bevery\s+(?:{NUMBER}{UP_TO}\s*)?(?P<other>other\s+)?(hour|hr|h|day|week|wk)s?\b", re.IGNORECASE
)
_EVERY_HOURS = re.compile(r"\bq\.?\s?(\d{1,2})(?:\s?-\s?(\d{1,2}))?\s?(?:h|hrs?|hours?)\b", re.IGNORECASE)
_TIMES = re.compile(
    rf"\b{NUMBER}{UP_TO}\s*(?:x|times?)?\s*(?:/|\bper\b|\ba\b|\ban\b|\beach\b|\bevery\b)\s*"
    r"(hour|hr|day|week|wk)\b",
    re.IGNORECASE,
)
_TIMES_DAILY = re.compile(
    rf"\b(?:{NUMBER}{UP_TO}\s*(?:x|times)\s*(?:a\s+)?(?P<u>daily|weekly)|"
    r"(?P<o>once|twice|thrice)[ -]?(?:a |per )?(?P<v>daily|day|weekly|week))\b",
    re.IGNORECASE,
)
_DAILY = re.compile(r"(?<![\w-])(?:daily|nightly|at bedtime)(?![\w-])", re.IGNORECASE)
_WEEKLY = re.compile(r"(?<![\w-])weekly(?![\w-])", re.IGNORECASE)
_MONTHLY = re.compile(r"\b(?:monthly|every month|once a month|per month)\b", re.IGNORECASE)
_DAYS = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.IGNORECASE)
_ON_A_DAY = re.compile(rf"\b(?:every|each) {_DAYS.pattern}", re.IGNORECASE)
_ABBREVIATED = {
    "bid": Decimal(2), "tid": Decimal(3), "qid": Decimal(4), "qd": Decimal(1), "qod": Decimal("0.5"),
}  # fmt: skip
_LATIN = re.compile(r"\b(b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|q\.?o?\.?d)\b", re.IGNORECASE)
_ALTERNATE = re.compile(r"\b(alternate|alternating) days?\b", re.IGNORECASE)
_TIME_OF_DAY = re.compile(
    r"\b(?:morning|breakfast|noon|midday|lunch|afternoon|evening|dinner|supper|bedtime|night|"
    r"\d+ ?[ap]\.?m)\b",
    re.IGNORECASE,
)
_ONCE_A_DAY = (Decimal(1), Decimal(1))


@lru_cache(maxsize=1024)
def per_day(text: str) -> tuple[tuple[Decimal, Decimal], ...]:
    """Every frequency the words may mean, fewest and most doses a day; empty where none can be read.

    Remembered, because most orders of a house share their words.
    """
    text = readable(text)
    if _DIVIDED.search(text):
        return ()
    found: list[tuple[Decimal, Decimal]] = []
    for match in _EVERY_HOURS.finditer(text):
        low, high = both_ends(match[1], match[2])
        if low > 0:
            found.append((24 / high, 24 / low))
    for match in _EVERY.finditer(text):
        span = _HOURS[match[4].lower()] * (2 if match["other"] else 1)
        low, high = both_ends(match[1] or "1", match[2])
        if low > 0:
            found.append((24 / (high * span), 24 / (low * span)))
    for match in _TIMES.finditer(text):
        low, high = both_ends(match[1], match[2])
        days = _HOURS[match[3].lower()] / 24
        found.append((low / days, high / days))
    text = _TIMES.sub(" ", text)
    for match in _TIMES_DAILY.finditer(text):
        low, high = both_ends(match[1] or match["o"], match[2])
        days = Decimal(7) if (match["u"] or match["v"]).lower().startswith("week") else Decimal(1)
        found.append((low / days, high / days))
    text = _TIMES_DAILY.sub(" ", text)
    found += [
        (times, times)
        for match in _LATIN.finditer(text)
        if (times := _ABBREVIATED[match[1].lower().replace(".", "")])
    ]
    if _ALTERNATE.search(text):
        found.append((Decimal("0.5"), Decimal("0.5")))
    if not found and _DAILY.search(text):
        found.append(_ONCE_A_DAY)
    elif not found and (_WEEKLY.search(text) or (len(_DAYS.findall(text)) == 1 and _ON_A_DAY.search(text))):
        found.append((1 / Decimal(7), 1 / Decimal(7)))
    elif not found and _MONTHLY.search(text):
        found.append((1 / Decimal(31), 1 / Decimal(28)))
    if found == [_ONCE_A_DAY] and len(_TIME_OF_DAY.findall(text)) > 1:
        return ()
    return tuple(found)


def frequency_contradicts(text: str, schedule: Schedule) -> bool:
    """Whether no frequency that the words may mean fits the structured one."""
    structured, worded = schedule.per_day(), per_day(text)
    if structured is None or not worded:
        return False
    return not any(low <= structured[1] and structured[0] <= high for low, high in _widened(worded))


def _widened(ranges: tuple[tuple[Decimal, Decimal], ...]) -> list[tuple[Decimal, Decimal]]:
    slack = Decimal("0.001")
    return [(low - slack, high + slack) for low, high in ranges]
