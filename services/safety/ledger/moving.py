"""What goes to other records because a visit is another patient's than the one of whom it was stated.

The patient whose the visit is gets the statements that are of it, and then the move, so that all of it begins
to count in one step. Everybody who had the visit is told of all its moves: so all decide alike whose it is.
What comes twice changes nothing there.
"""

from collections.abc import Callable, Iterable, Iterator

from schemas.clinical import PatientFact, VisitMove
from services.safety.ledger.ledger import Change, PatientLedger
from services.safety.ledger.visits import Filed, Home, filed_by, home_of, record_of

Sent = Callable[[PatientFact, str], PatientFact]
"""A statement as another record gets it."""


def moved_on(
    before: PatientLedger, change: Change, after: PatientLedger, sent: Sent
) -> tuple[PatientFact, ...]:
    """What goes to other patients because of a change in a ledger that knows of moves, in order."""
    fact, previous = change.fact, change.previous
    moves = [each for each in (fact, previous) if isinstance(each, VisitMove)]
    if not moves:
        homes = dict.fromkeys(home_of(each, after.homes) for each in (previous, fact))
        return tuple(sent(fact, home.owner) for home in homes if home is not None and _goes(fact, home.owner))
    filed = frozenset[Filed]().union(*map(filed_by, moves))
    for ledger in (before, after):
        known = (ledger.homes.get(each) for each in filed)
        filed = filed.union(*(home.filed for home in known if home is not None))
    return (*_of_visits(after, filed, sent), *_told(after, filed, fact.patient, sent))


def all_moved(ledger: PatientLedger, patient: str, sent: Sent) -> tuple[PatientFact, ...]:
    """All that a record passes on of visits that were moved, by what its ledger holds now, in order."""
    moves = (fact for fact in ledger.facts.values() if isinstance(fact, VisitMove))
    filed = frozenset[Filed]().union(*map(filed_by, moves))
    return (*_of_visits(ledger, filed, sent), *_told(ledger, filed, patient, sent))


def _goes(fact: PatientFact, owner: str) -> bool:
    return owner not in (fact.patient, fact.merged_from)


def _of_visits(ledger: PatientLedger, filed: Iterable[Filed], sent: Sent) -> Iterator[PatientFact]:
    """What is of some visits, to those whose they are."""
    homes = {each: home for each in filed if (home := ledger.homes.get(each)) is not None}
    found: list[tuple[PatientFact, Home]] = []
    for fact in ledger.facts.values() if homes else ():
        home = home_of(fact, homes)
        if home is not None and _goes(fact, home.owner):
            found.append((fact, home))
    for fact, home in sorted(found, key=lambda pair: (pair[0].received_at, pair[0].entity)):
        yield sent(fact, home.owner)


def _told(ledger: PatientLedger, filed: frozenset[Filed], patient: str, sent: Sent) -> Iterator[PatientFact]:
    """The moves of some visits, taken back or not, to all who have or had these."""
    about = [
        fact
        for fact in ledger.facts.values()
        if isinstance(fact, VisitMove) and not filed.isdisjoint(filed_by(fact))
    ]
    about.sort(key=lambda fact: (fact.recorded_at, fact.version, fact.entity))
    for other in sorted({record for _, record in filed} - {patient}):
        for fact in about:
            if record_of(fact) != other:
                yield sent(fact, other)
