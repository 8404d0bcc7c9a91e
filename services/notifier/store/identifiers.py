"""Names in the store. Everything about one patient lies in one shard, so that one function call can change
it all.

A shard's tag is part of every key and of the alert id: a key can be found from the id alone, and a Redis
Cluster would keep a shard together. The number of shards is fixed at installation.
"""

from functools import cache
from math import gcd
from zlib import crc32

SHARDS = 16
SYSTEM = "sys"
"""The tag of what belongs to no patient: heartbeats, offsets of records without a patient, locks."""

SYSTEM_PATIENT = "system"
"""Stands where a patient would in technical alerts."""

NO_PARTITION = "-"
"""Stands where a partition would in alerts that came by no record."""


def tag_of(patient: str) -> str:
    """The shard tag of a patient key, two hexadecimal digits."""
    return f"{crc32(patient.encode()) % SHARDS:02x}"


@cache
def tags() -> tuple[str, ...]:
    """All shard tags, without `SYSTEM`."""
    return tuple(f"{shard:02x}" for shard in range(SHARDS))


def tags_of_partition(partition: int, partitions: int) -> tuple[str, ...]:
    """The shards that can hold patients of `partition`: both numbers come from the same CRC-32."""
    step = gcd(SHARDS, partitions)
    return tuple(f"{shard:02x}" for shard in range(SHARDS) if (shard - partition) % step == 0)


def key(tag: str, *rest: str) -> str:
    """The key `dw:{tag}:a:b`."""
    return f"dw:{{{tag}}}:" + ":".join(rest)


def alert_id(patient: str, issue_id: str) -> str:
    """One alert per issue, whatever its episode; opaque, since the issue id is an HMAC."""
    return f"{tag_of(patient)}-{issue_id}"


def tag_of_alert(alert: str) -> str:
    """The shard tag that an alert id begins with. Raises `ValueError` for anything else."""
    tag, dash, rest = alert.partition("-")
    if not dash or not rest or tag not in tags():
        raise ValueError(f"{alert!r} is not an alert id")
    return tag
