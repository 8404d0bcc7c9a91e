"""Numbers as the contract holds them: at most twelve decimal places, and twelve digits before them."""

from decimal import Decimal, InvalidOperation

from services.intake.reading import Unreadable

_PLACES = 12


def rounded(value: Decimal) -> Decimal:
    """The number, rounded only where it has more places than the contract takes. Raises `Unreadable`."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise Unreadable("bad-number", "a value is no finite number")
    if exponent >= -_PLACES:
        return value
    try:
        return round(value, _PLACES)
    except InvalidOperation as error:
        raise Unreadable("bad-number", "a number is too large") from error
