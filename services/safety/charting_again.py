"""What patients gave up because it was charted again for others, from the final facts of all patients."""

from collections.abc import Iterator, Mapping, Sequence

from schemas.clinical import PatientFact
from schemas.recharting import EntityClaim, Recharted
from services.safety.engine.entity_register import EntityRegister, register
from services.safety.ledger.precedence import supersedes
from services.safety.ledger.recharting import claimed, taken_back


class Registers:
    """All registers of a site in one process."""

    def __init__(self) -> None:
        self._known: dict[str, EntityRegister] = {}

    def take(self, claim: EntityClaim) -> tuple[Recharted, ...]:
        """Take a claim; whom to tell."""
        registered = register(self._known.get(claim.patient), claim)
        self._known[claim.patient] = registered.register
        return registered.told


def given_up(stated: Mapping[str, Sequence[PatientFact]]) -> Iterator[PatientFact]:
    """The statements by which entities are taken back at patients who have them no longer.

    `stated` holds the statements about each patient, in any order.
    """
    registers = Registers()
    claims = (claimed(fact, None, True) for facts in stated.values() for fact in facts)
    for claim in claims:
        for told in registers.take(claim) if claim is not None else ():
            about = [fact for fact in stated[told.patient] if fact.entity == told.entity]
            newest = about[0]
            for fact in about:
                newest = fact if supersedes(fact, newest) else newest
            void = taken_back(newest, told)
            if void is not None:
                yield void
