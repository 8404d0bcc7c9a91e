"""Which entries are one dose in parts, and which count as a dose at all where only the time matters.

House rule: tablets charted one by one, and the pieces of an infusion, are one dose if they follow each other
within the policy's `one_dose_within`. Doses under two different orders are never one.
"""

from datetime import timedelta

from services.safety.ledger.entries import Given

_NO_TIME = timedelta(0)


def in_parts(earlier: Given, later: Given, within: timedelta) -> bool:
    """Whether the later of two doses is a further part of the earlier one."""
    if earlier.order is not None and later.order is not None and earlier.order != later.order:
        return False
    if later.start - earlier.start <= within:
        return True
    return earlier.lasts > _NO_TIME and later.lasts > _NO_TIME and later.start - earlier.end <= within


def given_at_all(dose: Given) -> bool:
    """Whether something was given, however much; a product in words only counts under its order."""
    known = not dose.by_text or dose.order is not None
    return known and dose.done and (dose.amount is None or dose.amount.value > 0)
