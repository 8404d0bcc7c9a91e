"""Registers of entities behind the processor's contract: what they write, and how they are read again.

They stand among the patients of a partition, under keys of their own, and nothing is judged of them.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from schemas.base import Contract, Instant
from schemas.clinical import AnyEvent
from schemas.recharting import EntityClaim
from schemas.stream_events import ClockTick
from services.safety.engine.entity_register import EntityRegister, register
from services.safety.processor.changelog import Kind
from services.safety.processor.contract import Emit, Entity, Step

_AT_ONCE = 100
"""So many claims are restored in the time of one fact."""


class _Header(Contract):
    version: int = 1
    sweep_at: Instant | None = None


def stepped(known: object, event: AnyEvent) -> Step[Any]:
    """Take one event. Raises `TypeError` for what no register takes."""
    if not isinstance(event, EntityClaim | ClockTick):
        raise TypeError("a register takes claims and time only")
    after, told, changed = register(_register(known), event)
    emitted = tuple(Emit("events", one.patient.encode(), one.model_dump_json().encode()) for one in told)
    return Step(after, emitted, tuple(Entity(Kind.CLAIM, key) for key in changed))


def encoded(known: EntityRegister, changed: Collection[Entity]) -> Iterable[tuple[Entity, bytes | None]]:
    """The payloads of claims, None for those that are over."""
    return ((entity, known.claims.get(entity.id)) for entity in changed)


def header(known: EntityRegister) -> bytes:
    """What is no claim."""
    return _Header(sweep_at=known.sweep_at).model_dump_json(exclude_none=True).encode()


def restored(
    key: bytes, state: object, written: bytes | None, entities: Mapping[Entity, bytes | None]
) -> EntityRegister:
    """A register from the changelog. After a write that was cut short it holds what was written of it: who
    is concerned was told before that, and the claims that come again change nothing.
    """
    known = _register(state)
    claims = (known.claims if known is not None else EntityRegister("").claims).mutate()
    for entity, payload in entities.items():
        if payload is not None:
            claims[entity.id] = payload
        elif entity.id in claims:
            del claims[entity.id]
    sweep_at: datetime | None = known.sweep_at if known is not None else None
    if written is not None:
        sweep_at = _Header.model_validate_json(written).sweep_at
    return EntityRegister(key.decode(), claims.finish(), sweep_at)


def _register(state: object) -> EntityRegister | None:
    if state is not None and not isinstance(state, EntityRegister):
        raise TypeError("a patient is no register")
    return state


def weight(known: EntityRegister) -> int:
    """How many facts of a patient take as long to restore."""
    return 1 + len(known.claims) // _AT_ONCE
