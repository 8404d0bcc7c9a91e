"""What stands while doses of a drug go on alike, kept from one to the next.

A promise ends when its question is asked again, for whatever reason, and with a dose of the drug that is not
like the one before or not so spaced. Nothing else bears on it: whatever a check reads has it asked again.
What is promised of doses on time may rest on what other drugs are promised: it ends for all of them.
"""

from collections.abc import Iterable, Mapping, Sequence

from immutables import Map

from services.safety.checks.doses_alike import Regular, Spaced, alike
from services.safety.checks.doses_when_due import is_on_time
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Judgement, View
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
    known: GoingOn | None,
    view: View,
    further: FurtherDose,
    stood: Sequence[tuple[Asked, Regular]],
    answers: Mapping[Asked, Judgement],
) -> GoingOn | None:
    """The same with what more of the questions whose answers stood stands spaced; None if nothing does."""
    if not stood or further.order.as_needed or not alike(further.dose, further.before):
        return known
    spaced = known.spaced if known is not None else Spaced()
    more: list[Asked] = []
    on_time: list[Asked] = []
    for asked, check in stood:
        try:
            mine = check.stands_spaced(view, further, answers.get(asked, SILENT))
        except Exception:  # noqa: BLE001 - without a promise it is looked at after each dose
            mine = None
        if mine is not None:
            spaced = spaced.both(mine)
            more.append(asked)
            if mine.on_time:
                on_time.append(asked)
    if not more:
        return known
    orders = view.ledger.prescribed[further.dose.ingredient]
    known = known or GoingOn(orders, spaced)
    return GoingOn(orders, spaced, known.promised.union(more), known.on_time.union(on_time))


def without_asked(promises: Promises, asked: Iterable[Asked]) -> Promises:
    """The promises without those of questions that are asked again."""
    for question in asked:
        drugs = (question.subject,) if question.subject else promises
        for drug in drugs:
            known = promises.get(drug)
            if known is not None and question in known.promised:
                promises = promises.set(drug, _without(known, frozenset({question})))
    return promises


def without_on_time(promises: Promises, asked: Asked) -> Promises:
    """The promises without what is promised of a question as long as doses are on time."""
    for drug, known in promises.items():
        if asked in known.on_time:
            promises = promises.set(drug, _without(known, frozenset({asked})))
    return promises


def _without(known: GoingOn, asked: frozenset[Asked]) -> GoingOn:
    return known._replace(promised=known.promised - asked, on_time=known.on_time - asked)


def without_drugs(promises: Promises, drugs: Iterable[str]) -> Promises:
    """The promises without those about some drugs."""
    for drug in drugs:
        if drug in promises:
            promises = promises.delete(drug)
    return promises
