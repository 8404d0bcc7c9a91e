"""The hash chains of `alert-history`: each entry holds the hash of the one before it.

One chain per shard of the store and partition of the topic ("03-7"): it lies within one partition, in the
order of its offsets, and one relay at a time extends it. A record's bytes are its entry as JSON with sorted
keys and without spaces; its hash is the SHA-256 (hexadecimal) of those bytes without the field `hash`.
Whoever has the bytes can verify them without this code.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_OF_THE_CHAIN = ("chain", "chain_sequence", "previous_hash", "hash")


def chain_name(tag: str, partition: int) -> str:
    """The chain of a shard's entries in one partition."""
    return f"{tag}-{partition}"


def partition_of_chain(chain: str) -> int | None:
    """The partition that a chain lies in; None for what is no name of a chain."""
    _, dash, number = chain.rpartition("-")
    return int(number) if dash and number.isascii() and number.isdigit() else None


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain has come to: its last entry's number, hash, and offset in the topic."""

    sequence: int = 0
    hash: str = ""
    offset: int = -1


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry in its chain: the bytes of its record, and its place."""

    record: bytes
    sequence: int
    hash: str


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one text of this content."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def hash_of(content: Mapping[str, Any]) -> str:
    """The hash that an entry of this content has to carry."""
    return hashlib.sha256(canonical({k: v for k, v in content.items() if k != "hash"})).hexdigest()


def sealed(entry: Mapping[str, Any], chain: str, head: Head) -> Sealed:
    """The entry, as JSON has it, as the next one of its chain.

    The same entry behind the same head gives the same bytes.
    """
    content = {
        **entry,
        "chain": chain,
        "chain_sequence": head.sequence + 1,
        "previous_hash": head.hash,
    }
    content["hash"] = hash_of(content)
    return Sealed(canonical(content), head.sequence + 1, content["hash"])


def fingerprint(content: Mapping[str, Any]) -> bytes:
    """What an entry says, whatever its place in a chain: equal for an entry that is sent again."""
    said = {name: value for name, value in content.items() if name not in _OF_THE_CHAIN}
    return hashlib.sha256(canonical(said)).digest()
