"""Of which dose an infusion is a piece, where its rate was changed and each rate is charted for itself.

House rule: pieces are one dose where they run one after the other under one order by one route, no further
apart than the policy's `one_dose_within`, and come to no more than one dose of that order.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from schemas.medications import Route
from services.safety.checks.amounts.ordered_single import ordered_single
from services.safety.checks.judgement import View
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given

_NO_TIME = timedelta(0)


def wholes(view: View, ingredient: str, doses: Sequence[Given]) -> dict[str, Amount]:
    """For each dose, in order of their start, that is a piece of one: how much that comes to."""
    found: dict[str, Amount] = {}
    within = view.knowledge.policy.dose.one_dose_within
    for pieces in _chains([dose for dose in doses if _a_piece(dose)], within):
        first = pieces[0]
        assert first.amount is not None  # noqa: S101 - else it would be no piece
        whole = replace(first.amount, value=sum((_value(each) for each in pieces), Decimal(0)))
        if len(pieces) > 1 and whole.value <= _one_dose(view, ingredient, first, whole.dimension):
            found |= dict.fromkeys((each.entity for each in pieces), whole)
    return found


def follows(earlier: Given, later: Given, within: timedelta) -> bool:
    """Whether an infusion goes on where another one of its order ended."""
    if earlier.order is None or (earlier.order, earlier.route) != (later.order, later.route):
        return False
    return _a_piece(earlier) and _a_piece(later) and _NO_TIME <= later.start - earlier.end <= within


def _chains(doses: Sequence[Given], within: timedelta) -> list[list[Given]]:
    chains: list[list[Given]] = []
    for dose in doses:
        for chain in chains:
            if follows(chain[-1], dose, within) and _alike(chain[-1], dose):
                chain.append(dose)
                break
        else:
            chains.append([dose])
    return chains


def _a_piece(dose: Given) -> bool:
    return dose.done and dose.lasts > _NO_TIME and dose.amount is not None and dose.amount.value > 0


def _alike(earlier: Given, later: Given) -> bool:
    return (
        earlier.amount is not None
        and later.amount is not None
        and (earlier.amount.dimension == later.amount.dimension)
    )


def _value(dose: Given) -> Decimal:
    return dose.amount.value if dose.amount is not None else Decimal(0)


def _one_dose(view: View, ingredient: str, piece: Given, dimension: str) -> Decimal:
    """The largest dose of the order under which a piece was given, by its route; 0 where none is stated."""
    doses = (
        ordered_single(entry, dosage)
        for entry in view.ledger.prescribed.get(ingredient, ())
        if entry.entity == piece.order
        for dosage in entry.order.dosages
        if dosage.route in (piece.route, Route.UNKNOWN)
    )
    known = (one.value for one in doses if isinstance(one, Amount) and one.dimension == dimension)
    return max(known, default=Decimal(0))
