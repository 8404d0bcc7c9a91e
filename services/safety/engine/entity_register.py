"""A register of entities: which patient's record stated each of them last, of those not taken back.

Pure and persistent, as the state of a patient is. What comes twice changes nothing, and what comes in another
order ends the same: the newest claim stands, and whoever has a lesser one is told. A claim is kept for as
long as its entity may be charted again; a `ClockTick` carries time to the registers as well.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from immutables import Map

from schemas.recharting import EntityClaim, Recharted
from schemas.stream_events import ClockTick
from services.safety.ledger.recharting import SAME_TIME

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SWEEP = timedelta(days=1)
_KEPT = {"administration": SAME_TIME + _SWEEP, "observation": SAME_TIME + _SWEEP}
_ORDERS_KEPT = timedelta(days=31)
"""House rule: an order that was entered for the wrong patient is found out within a month."""


class Claim(NamedTuple):
    """What is kept of a claim: in the order in which claims compare, times in microseconds since 1970.

    Of statements recorded in the same second the one received later holds.
    """

    recorded: int
    version: int
    received: int
    claimant: str
    effective: int
    kept_until: int

    @classmethod
    def of(cls, event: EntityClaim) -> "Claim":
        """The claim that an event makes."""
        until = max(event.effective_at, event.received_at) + _KEPT.get(event.about, _ORDERS_KEPT)
        return cls(
            _micros(event.recorded_at), event.version, _micros(event.received_at), event.claimant,
            _micros(event.effective_at), _micros(until),
        )  # fmt: skip

    @classmethod
    def read(cls, payload: bytes) -> "Claim":
        """A claim as it was written."""
        return cls(*json.loads(payload))

    def payload(self) -> bytes:
        """The claim as it is written, and kept: 4 million of them as objects would not fit."""
        return json.dumps(self, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class EntityRegister:
    """Claims by `EntityClaim.key`, as written; `sweep_at`: when those that are over are looked for."""

    key: str
    claims: Map[str, bytes] = Map()  # noqa: RUF009 (immutable)
    sweep_at: datetime | None = None


class Registered(NamedTuple):
    """What one event did: the register, whom to tell, and the claims that changed."""

    register: EntityRegister
    told: tuple[Recharted, ...] = ()
    changed: tuple[str, ...] = ()


def register(known: EntityRegister | None, event: EntityClaim | ClockTick) -> Registered:
    """Take a claim, or let time pass."""
    before = known or EntityRegister(event.patient)
    if isinstance(event, ClockTick):
        return _swept(before, event.received_at)
    claim, key = Claim.of(event), event.key
    payload = before.claims.get(key)
    held = None if payload is None else Claim.read(payload)
    if held is not None and claim <= held:
        told = () if held.claimant == claim.claimant else (_told(event, claim, held),)
        return Registered(before, told)
    sweep_at = before.sweep_at or event.received_at + _SWEEP
    after = replace(before, claims=before.claims.set(key, claim.payload()), sweep_at=sweep_at)
    lost = held is not None and held.claimant != claim.claimant
    return Registered(after, (_told(event, held, claim),) if held and lost else (), (key,))


def _told(event: EntityClaim, lesser: Claim, newest: Claim) -> Recharted:
    """What the patient of the lesser claim is told. The same two claims make the same event."""
    recorded, received = _instant(newest.recorded), _instant(max(newest.received, lesser.received))
    return Recharted(
        event_id=f"recharted/{event.key}/{newest.recorded}/{newest.version}",
        patient=lesser.claimant,
        source=event.source,
        about=event.about,
        entity=event.entity,
        likeness=event.likeness,
        version=newest.version,
        effective_at=_instant(newest.effective),
        recorded_at=recorded,
        received_at=received,
        time_domain=event.time_domain,
    )


def _swept(before: EntityRegister, now: datetime) -> Registered:
    if before.sweep_at is None or now < before.sweep_at:
        return Registered(before)
    over = tuple(_over(before.claims, _micros(now)))
    claims = before.claims.mutate()
    for key in over:
        del claims[key]
    left = claims.finish()
    return Registered(replace(before, claims=left, sweep_at=now + _SWEEP if left else None), (), over)


def _over(claims: Map[str, bytes], now: int) -> Iterator[str]:
    return (key for key, payload in claims.items() if Claim.read(payload).kept_until < now)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
