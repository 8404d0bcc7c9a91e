"""One entity charted again for another patient: what a ledger claims, and what it gives up.

House rule: of the statements about one entity that were not taken back, the patient of the newest has it.
Each is claimed, also one that its own ledger knows to have been taken back, so any order of arrival ends the
same. A statement that takes back claims nothing: the deletion at the old patient may be charted last.
"""

import hashlib
from datetime import timedelta

from schemas.clinical import Claimable, Encounter, FactStatus, Observation, PatientFact
from schemas.recharting import EntityClaim, Recharted

SAME_TIME = timedelta(days=7)
"""House rule: farther apart than this, a name was given to another thing; it is the lateness bound."""


def claimed(fact: PatientFact, known: PatientFact | None, changed: bool) -> EntityClaim | None:
    """The claim for a statement that a ledger was told; `known` is what it knew of the entity before.

    None for what no other patient may have by the same name, and for what changes nobody's claim.
    """
    if not isinstance(fact, Claimable) or not fact.unique_in_source:
        return None
    if fact.status is FactStatus.ENTERED_IN_ERROR or fact.merged_from is not None:
        return None
    if not changed and known is not None and known.status is not FactStatus.ENTERED_IN_ERROR:
        return None
    return EntityClaim(
        event_id=fact.event_id,
        claimant=fact.patient,
        source=fact.source,
        about=fact.kind,
        entity=fact.entity,
        likeness=_likeness(fact),
        version=fact.version,
        effective_at=fact.effective_at,
        recorded_at=fact.recorded_at,
        received_at=fact.received_at,
        time_domain=fact.time_domain,
    )


def taken_back(known: PatientFact | None, told: Recharted) -> PatientFact | None:
    """The statement by which a ledger gives an entity up, from what it knows of it; None where what it knows
    is another thing of the same name.
    """
    if not isinstance(known, Claimable) or not _about_the_same(known, told):
        return None
    update = {
        "event_id": told.event_id,
        "status": FactStatus.ENTERED_IN_ERROR,
        "recharted": True,
        "version": told.version,
        "recorded_at": told.recorded_at,
        "received_at": max(known.received_at, told.received_at),
    }
    return known.model_copy(update=update)


def _about_the_same(known: PatientFact, told: Recharted) -> bool:
    if not isinstance(known, Claimable) or not known.unique_in_source:
        return False
    return (
        (known.kind, known.source, _likeness(known)) == (told.about, told.source, told.likeness)
        and abs(known.effective_at - told.effective_at) <= SAME_TIME
    )  # fmt: skip


def _likeness(fact: Claimable) -> str:
    """A digest of which drug or which measurement it is, by its codes, in its words where it has none. A stay
    is like any other: its class and its ward change.
    """
    if isinstance(fact, Encounter):
        return fact.kind
    if isinstance(fact, Observation):
        codings, words = fact.codings, fact.text
    else:
        codings, words = fact.medication.codings, fact.medication.text
        words = words or "+".join(part.name for part in fact.medication.ingredients)
    named = sorted(f"{coding.system}|{coding.code}" for coding in codings) or [words.casefold()]
    return hashlib.sha256("\x1f".join(named).encode()).hexdigest()[:16]
