"""Which partition each emitted record goes to."""

from collections.abc import Iterable, Mapping

from schemas.topics import partition_of
from services.safety.processor.changelog import Item
from services.safety.processor.contract import Emit

Address = tuple[str, int]
"""A role and a partition."""


def addressed(emitted: Iterable[Emit], own: int, partitions: int) -> Mapping[Address, list[Item]]:
    """Records by where they go, in order. Issues stay in the patient's partition, whatever their key."""
    found: dict[Address, list[Item]] = {}
    for emit in emitted:
        where = partition_of(emit.key.decode(), partitions) if emit.role == "events" else own
        found.setdefault((emit.role, where), []).append(Item(emit.key, emit.value, emit.headers))
    return found
