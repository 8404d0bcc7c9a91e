"""Verifies the chains of `alert-history`, record by record in the order of each partition.

An entry that was sent twice is no fault: the relay sends at least once. An entry that comes before its
predecessor is none either if it comes again behind it, as after a send that failed half-way. Everything else
that breaks a chain is a fault, with the offset where it shows: what was altered there, or is missing just
before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.notifier.audit.chain import canonical, hash_of, partition_of_chain

_HASH_BYTES = 32
_HASH_DIGITS = 2 * _HASH_BYTES


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong, and where it shows. Offset -1 stands for the end of the partition."""

    partition: int
    offset: int
    reason: str
    text: str
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is known of a chain from elsewhere: that it had come so far, with this hash."""

    chain: str
    sequence: int
    hash: str


@dataclass(slots=True)
class ChainState:
    """One chain as read so far. `early` holds entries that came before their predecessor, by number."""

    partition: int
    hashes: bytearray = field(default_factory=bytearray)
    early: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def entries(self) -> int:
        return len(self.hashes) // _HASH_BYTES

    @property
    def head(self) -> str:
        return self.hashes[-_HASH_BYTES:].hex()

    def hash_at(self, sequence: int) -> str:
        """The hash of an entry that was read."""
        return self.hashes[(sequence - 1) * _HASH_BYTES : sequence * _HASH_BYTES].hex()


class ChainVerifier:
    """Give it every record of the topic, then ask for `faults`."""

    def __init__(self) -> None:
        self.chains: dict[str, ChainState] = {}
        self.entries = self.repetitions = self.unchained = 0
        self._faults: list[Fault] = []
        self._chained: set[int] = set()

    def take(self, partition: int, offset: int, key: bytes | None, value: bytes | None) -> None:
        """The next record of a partition."""
        content = _content(value)
        if content is None:
            self._fault(partition, offset, "unreadable", "the record is no entry of the history")
            return
        if not content.get("hash"):
            self._take_unchained(partition, offset)
            return
        self._chained.add(partition)
        chain, sequence, previous, digest = _place(content)
        if chain is None or partition_of_chain(chain) != partition:
            self._fault(partition, offset, "out-of-place", "the entry belongs to no chain of this partition")
            return
        if key != str(content.get("alert_id", "")).encode():
            self._fault(partition, offset, "altered", "the record's key is not its alert", chain)
        elif canonical(content) != value or hash_of(content) != digest:
            self._fault(partition, offset, "altered", "the entry is not what its hash was made of", chain)
        self._link(partition, offset, chain, sequence, previous, digest)

    def _take_unchained(self, partition: int, offset: int) -> None:
        self.unchained += 1
        if partition in self._chained:
            self._fault(partition, offset, "unchained", "an entry without a hash stands behind chained ones")

    def _link(
        self, partition: int, offset: int, chain: str, sequence: int, previous: str, digest: str
    ) -> None:
        state = self.chains.setdefault(chain, ChainState(partition))
        if sequence <= state.entries:
            if state.hash_at(sequence) == digest:
                self.repetitions += 1
            else:
                text = f"another entry {sequence} of the chain stands before it"
                self._fault(partition, offset, "forked", text, chain)
        elif sequence == state.entries + 1 and previous == state.head:
            self.entries += 1
            state.hashes += bytes.fromhex(digest)
            early = state.early.pop(sequence, None)
            if early is not None and early[1] != bytes.fromhex(digest):
                self._fault(partition, early[0], "forked", "another entry took its place in the chain", chain)
            elif early is not None:
                self.repetitions += 1
        elif sequence == state.entries + 1:
            text = "it does not follow the entry before it: one of the two was altered"
            self._fault(partition, offset, "broken", text, chain)
            state.hashes += bytes.fromhex(digest)
        else:
            state.early.setdefault(sequence, (offset, bytes.fromhex(digest)))

    def faults(self, anchors: Iterable[Anchor] = ()) -> list[Fault]:
        """Everything that is wrong, in the order of partitions and offsets; the topic was read to its end."""
        found = list(self._faults)
        for chain, state in self.chains.items():
            if state.early:
                found.append(_gap(chain, state))
        for anchor in anchors:
            found += self._against(anchor)
        return sorted(found, key=lambda f: (f.partition, f.offset < 0, f.offset, f.chain))

    def _against(self, anchor: Anchor) -> list[Fault]:
        state = self.chains.get(anchor.chain, ChainState(partition_of_chain(anchor.chain) or 0))
        if state.entries < anchor.sequence:
            text = f"the chain ends at entry {state.entries}; it had come to entry {anchor.sequence}"
            return [Fault(state.partition, -1, "truncated", text, anchor.chain)]
        if state.hash_at(anchor.sequence) != anchor.hash:
            text = f"entry {anchor.sequence} has another hash than it had"
            return [Fault(state.partition, -1, "rewritten", text, anchor.chain)]
        return []

    def _fault(self, partition: int, offset: int, reason: str, text: str, chain: str = "") -> None:
        self._faults.append(Fault(partition, offset, reason, text, chain))


def _gap(chain: str, state: ChainState) -> Fault:
    """The first entry that cannot be reached from the beginning of its chain."""
    offset, sequence = min((offset, sequence) for sequence, (offset, _) in state.early.items())
    if not state.entries:
        text = f"the chain begins with entry {sequence}: what was before is gone"
        return Fault(state.partition, offset, "beginning-missing", text, chain)
    behind = len(state.early) - 1
    text = (
        f"entry {sequence} follows entry {state.entries}: what was between is missing or out of order"
        f" ({behind} more entries cannot be reached)"
    )
    return Fault(state.partition, offset, "missing", text, chain)


def _content(value: bytes | None) -> dict[str, Any] | None:
    try:
        content = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or content.get("kind") != "alert-history":
        return None
    return content


def _place(content: dict[str, Any]) -> tuple[str | None, int, str, str]:
    """Chain, number, hash before and hash; the chain is None where one of them cannot be such."""
    values = [content.get(name) for name in ("chain", "chain_sequence", "previous_hash", "hash")]
    chain, sequence, previous, digest = values
    if type(sequence) is not int or sequence < 1 or not isinstance(chain, str):
        return None, 0, "", ""
    if not _is_hash(digest) or not (previous == "" or _is_hash(previous)):
        return None, 0, "", ""
    return chain, sequence, str(previous), str(digest)


def _is_hash(value: object) -> bool:
    return (
        isinstance(value, str) and len(value) == _HASH_DIGITS and all(d in "0123456789abcdef" for d in value)
    )
