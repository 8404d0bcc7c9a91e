"""That a patient is to get nothing by mouth: a `Condition` under one code, whichever order says it.

It holds from `effective_at` until `abated_at`; one that is not active says that the order asks for no such
thing, or does so no longer.
"""

from schemas.clinical import Condition
from schemas.medications import Coding

NOTHING_BY_MOUTH = Coding(system="snomed", code="182923009", display="Nil by mouth")
"""SNOMED CT."""


def says_nothing_by_mouth(codings: tuple[Coding, ...]) -> bool:
    """Whether one of some codings is that of "nil by mouth"."""
    return any(
        (each.system, each.code) == (NOTHING_BY_MOUTH.system, NOTHING_BY_MOUTH.code) for each in codings
    )


def orders_nothing_by_mouth(fact: Condition) -> bool:
    """Whether a statement asks for nothing by mouth, from when on it may say."""
    return fact.active and says_nothing_by_mouth(fact.codings)
