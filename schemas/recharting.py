"""One entity, stated of one patient and later of another: what the processor says about that to itself.

An entity has a register beside the patients' ledgers, in the partition of its own key. Every ledger tells it
which entities its patient has (`EntityClaim`); it tells the patient who lost one (`Recharted`). Both come
from the processor only.
"""

import hashlib
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Contract, Identifier, Instant, TimeDomain

SHARDS = 128
"""Registers over which the entities of a site are spread; each lies in the partition of its key."""
_REGISTER = "entities/"

NumberedKind = Literal["order", "administration", "observation", "encounter"]
"""Kinds of which a source gives a name but once, over all its patients."""


class _Charted(Contract):
    """What both say of the statement: its entity with what tells it from others of the same name, and the
    times that put statements in order. `likeness` is a digest of the drug or of what was measured.
    """

    event_id: Identifier
    source: Identifier
    about: NumberedKind
    entity: Identifier
    likeness: Identifier
    version: Annotated[int, Field(ge=0)]
    effective_at: Instant
    recorded_at: Instant
    received_at: Instant
    time_domain: TimeDomain = TimeDomain.LIVE


class EntityClaim(_Charted):
    """A patient's record states an entity; `event_id` is that of the statement."""

    kind: Literal["entity-claim"] = "entity-claim"
    claimant: Identifier

    @property
    def key(self) -> str:
        """The entity's name in its register, 24 hexadecimal digits: by source, kind, name and likeness."""
        text = "\x1f".join((self.source, self.about, self.entity, self.likeness))
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def patient(self) -> str:
        """The key of the register, which stands where other events have their patient's."""
        return f"{_REGISTER}{int(self.key[:8], 16) % SHARDS:02x}"


class Recharted(_Charted):
    """An entity of this patient was stated of another one later, with the times of that statement."""

    kind: Literal["recharted"] = "recharted"
    patient: Identifier


def is_register(key: str) -> bool:
    """Whether a key is that of a register and no patient's."""
    return key.startswith(_REGISTER)
