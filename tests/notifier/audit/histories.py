"""A history in its chains, as the relay would send it, for a test to damage."""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.base import Severity
from services.notifier.audit.chain import Head, canonical, chain_name, hash_of, sealed
from services.notifier.audit.verifying import Anchor, ChainVerifier, Fault
from tests.notifier.builders import after


@dataclass(frozen=True)
class Placed:
    """One record of a partition."""

    key: bytes
    value: bytes

    def content(self) -> dict[str, Any]:
        loaded: dict[str, Any] = orjson.loads(self.value)
        return loaded

    def altered(self, *, rehashed: bool = False, **changes: Any) -> "Placed":
        """The record with other content; `rehashed` by somebody who knows how hashes are made."""
        content = self.content() | changes
        if rehashed:
            content["hash"] = hash_of(content)
        return replace(self, value=canonical(content))

    def without_chain(self) -> "Placed":
        """The record as a release without chains sent it."""
        of_the_chain = ("chain", "chain_sequence", "previous_hash", "hash")
        content = {name: value for name, value in self.content().items() if name not in of_the_chain}
        return replace(self, value=canonical(content))


def entry(number: int, **changes: Any) -> AlertHistoryEntry:
    """The entry that a test calls by its number."""
    told: dict[str, Any] = {
        "alert_id": f"03-alert-{number % 3}", "patient": "p", "sequence": number, "episode": 1, "revision": 1,
        "event": "told", "state": AlertState.NOTIFIED, "severity": Severity.MAJOR,
        "at": after(seconds=number), "actor": "channel:webhook", "check": "cumulative-dose", "tier": 2,
    }  # fmt: skip
    return AlertHistoryEntry(**(told | changes))


def history(entries: int, tag: str = "03", partition: int = 3) -> list[Placed]:
    """A chain of so many entries, in order."""
    head, records = Head(), []
    for number in range(1, entries + 1):
        told = entry(number)
        place = sealed(told.model_dump(mode="json"), chain_name(tag, partition), head)
        head = Head(place.sequence, place.hash)
        records.append(Placed(told.alert_id.encode(), place.record))
    return records


def verified(
    records: list[Placed], partition: int = 3, anchors: list[Anchor] | None = None
) -> tuple[ChainVerifier, list[Fault]]:
    """The verifier after these records at offsets 0, 1, 2..., and what it found."""
    verifier = ChainVerifier()
    for offset, record in enumerate(records):
        verifier.take(partition, offset, record.key, record.value)
    return verifier, verifier.faults(anchors or [])


def anchor_of(records: list[Placed]) -> Anchor:
    """What is known of the chain when this is its last record."""
    last = records[-1].content()
    return Anchor(last["chain"], last["chain_sequence"], last["hash"])
