"""What stands while doses of a drug go on alike, kept from one to the next.

A promise ends when its question is asked again, and with a dose of the drug that is not like the one before
or not so spaced. Nothing else bears on it: whatever a check reads has it asked again. One that time alone
does not end outlives a review that finds the same.
"""

from collections.abc import Iterable, Sequence

from immutables import Map

from services.safety.checks.amounts.doses_alike import alike
from services.safety.checks.amounts.doses_when_due import is_on_time
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import View
from services.safety.checks.spaced import Spaced
from services.safety.engine.state import Asked, GoingOn

Promises = Map[str, GoingOn]


def still_going_on(known: GoingOn | None, view: View, further: FurtherDose) -> GoingOn | None:
    """What is known of a drug, if a further dose goes on alike."""
    if known is None or further.order.as_needed:
        return None
    dose, before = further.dose, further.before
    if view.ledger.prescribed.get(dose.ingredient) is not known.orders or not alike(dose, before):
        return None
    if not known.spaced.holds(before.start, dose.start, view.now):
        return None
    if known.on_time and not is_on_time(view, dose, further.order):
        return _without(known, known.on_time)
    return known


def promised(
    known: GoingOn | None, view: View, further: FurtherDose, stood: Sequence[tuple[Asked, Spaced]]
) -> GoingOn | None:
    """The same with what more of the questions whose answers stand spaced; None if nothing is known."""
    if known is None:
        if further.order.as_needed or not alike(further.dose, further.before):
            return None
        known = GoingOn(view.ledger.prescribed[further.dose.ingredient], Spaced())
    orders, spaced, more, on_time, timeless = known
    more = more.union([asked for asked, _ in stood])
    for asked, mine in stood:
        spaced = spaced.both(mine)
        if mine.on_time:
            on_time = on_time.union((asked,))
        if mine.timeless:
            timeless = timeless.union((asked,))
    return GoingOn(orders, spaced, more, on_time, timeless)


def without_asked(promises: Promises, asked: Iterable[Asked], *, found_the_same: bool = False) -> Promises:
    """The promises without those of questions that are asked again; `found_the_same`: by a review."""
    for question in asked:
        drugs = (question.subject,) if question.subject else promises
        for drug in drugs:
            known = promises.get(drug)
            if known is None or question not in known.promised:
                continue
            if not (found_the_same and question in known.timeless):
                promises = promises.set(drug, _without(known, frozenset({question})))
    return promises


def _without(known: GoingOn, asked: frozenset[Asked]) -> GoingOn:
    promised, on_time, timeless = (each - asked for each in known[2:])
    return GoingOn(known.orders, known.spaced, promised, on_time, timeless)


def without_drugs(promises: Promises, drugs: Iterable[str]) -> Promises:
    """The promises without those about some drugs."""
    for drug in drugs:
        if drug in promises:
            promises = promises.delete(drug)
    return promises
