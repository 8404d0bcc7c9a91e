"""Values in the store that make no sense."""

UNREADABLE = (ArithmeticError, LookupError, OSError, TypeError, ValueError)
"""What reading raises of them: a word for a number, a year beyond all calendars, a field that is missing."""


def are_counts(*values: str | None) -> bool:
    """Whether the store can count on from these; None is a count that was never begun."""
    return all(value is None or (value.isascii() and value.isdigit()) for value in values)
