"""Amounts as the tables write them: "325-650", "25,000", "1/2", "100mcg/2mL Amp"."""

import re
from decimal import Decimal

from pydantic import ValidationError

from schemas.quantities import Quantity
from services.intake.decimals import rounded
from services.intake.reading import Unreadable

NO_UNIT = "{unstated}"
_NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_SINGLE = re.compile(rf"^-?{_NUMBER}$")
_RANGE = re.compile(rf"^{_NUMBER}\s*-\s*{_NUMBER}$")
_MASS = r"(mcg|mg|gm|g|meq|units?|mmol)"
_PIECE = r"(tab(?:let)?s?|cap(?:sule)?s?|supp(?:ository)?|patch)"
_PER_PIECE = re.compile(rf"^{_NUMBER}\s*{_MASS}\s*(?:[a-z]{{2,4}}\s)?\s*{_PIECE}$", re.IGNORECASE)
_PER_VOLUME = re.compile(
    rf"^{_NUMBER}\s*{_MASS}\s*/\s*(?:{_NUMBER}\s*)?ml(?:\s+[a-z]+)*$", re.IGNORECASE
)  # fmt: skip
_SPELLINGS = {"gm": "g", "mcg": "ug", "unit": "U", "units": "U"}
_PIECES = {"tab": "{tablet}", "cap": "{capsule}", "sup": "{suppository}", "pat": "{patch}"}


def decimal(text: str) -> Decimal:
    """A number, thousands set off by commas or not; at most 12 places. The caller has matched it."""
    return rounded(Decimal(text.replace(",", "")))


def number(text: str, name: str) -> Decimal | None:
    """A single number, None where it is absent. Raises `Unreadable`."""
    if not text:
        return None
    if not _SINGLE.match(text):
        raise Unreadable("bad-number", f"{name} is not a number")
    return decimal(text)


def amount(value: Decimal, unit: str, name: str) -> Quantity:
    """A quantity with the unit as stated. Raises `Unreadable` for a negative one."""
    if value < 0:
        raise Unreadable("negative-value", f"{name} is negative")
    try:
        return Quantity(value=value, unit=unit[:64] or NO_UNIT)
    except ValidationError as error:
        raise Unreadable("bad-number", f"{name} is no possible amount") from error


def dose_range(text: str, unit: str, name: str) -> tuple[Quantity | None, Quantity | None]:
    """The lower and the upper end of a dose; both None where the text is no number and no range."""
    if _SINGLE.match(text):
        dose = amount(decimal(text), unit, name)
        return dose, dose
    found = _RANGE.match(text)
    if found is None:
        return None, None
    low, high = sorted((decimal(found[1]), decimal(found[2])))
    return amount(low, unit, name), amount(high, unit, name)


def strength(text: str) -> tuple[Quantity, Quantity] | None:
    """Strength and what it is in, from "325mg Tab" or "40mg/4mL Vial"; None where it is written otherwise.

    "5mg/325mg Tablet" is not read: nothing there says which number belongs to which ingredient.
    """
    piece = _PER_PIECE.match(text)
    if piece is not None:
        per = Quantity(value=Decimal(1), unit=_PIECES[piece[3].lower()[:3]])
        return Quantity(value=decimal(piece[1]), unit=_mass(piece[2])), per
    volume = _PER_VOLUME.match(text)
    if volume is None:
        return None
    per_volume = decimal(volume[3]) if volume[3] else Decimal(1)
    if not per_volume:
        return None
    return Quantity(value=decimal(volume[1]), unit=_mass(volume[2])), Quantity(value=per_volume, unit="mL")


def _mass(text: str) -> str:
    lowered = text.lower()
    return _SPELLINGS.get(lowered, lowered)
