"""The format of the ledger changelog: one small record per entity, one header per patient, one mark.

key      patient NUL kind NUL entity      (a header has no entity; a mark has neither patient nor entity)
value    the core's payload; null where the entity is gone
headers  o  the source offset last applied when this was written, in decimal: on every record, because a
            null has no value to carry it, and recovery must be able to refuse a null from the past as well
         s  the source's identity (`identity.SourceIdentity.tag`), on headers and marks only
         r  the instant of the next review, in microseconds since 1970, on headers only and only if there is
         one

The mark ends every write. It says up to which source offset this partition has been handled, so that a group
offset beyond it betrays a changelog that lost its end, and it carries what the core remembers of the
partition.

The payload is opaque here, so recovery parses nothing but a few digits.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.safety.processor.contract import Entity
from services.stream.records import Headers, Record

FORMAT_VERSION = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Kind(StrEnum):
    """What a changelog record holds. New kinds may be added; recovery hands unknown ones to the core."""

    HEADER = "h"
    FACT = "f"
    ISSUE = "i"
    CLAIM = "e"
    MARK = "m"


HEADER = Entity(Kind.HEADER, "")
MARK = Entity(Kind.MARK, "")
NO_PATIENT = b""


class ForeignRecord(RuntimeError):
    """The changelog holds a record that this service cannot have written."""


class Item(NamedTuple):
    """A record to be produced, in the order in which `BatchProducer.send_records` takes its fields."""

    key: bytes
    value: bytes | None
    headers: Headers = ()


class Change(NamedTuple):
    """One changelog record, read back."""

    patient: bytes
    entity: Entity
    payload: bytes | None
    applied: int
    source: bytes | None
    review: datetime | None


def entity_item(patient: bytes, entity: Entity, payload: bytes | None, applied: int) -> Item:
    """The record of one entity as it was after the source offset `applied`."""
    return Item(_key(patient, entity), payload, (("o", b"%d" % applied),))


def header_item(patient: bytes, payload: bytes, applied: int, source: bytes, review: datetime | None) -> Item:
    """The patient's header; written after the entities it speaks of."""
    headers: Headers = (("o", b"%d" % applied), ("s", source))
    if review is not None:
        headers += (("r", b"%d" % ((review - EPOCH) // MICROSECOND)),)
    return Item(_key(patient, HEADER), payload, headers)


def mark_item(memory: bytes, handled: int, source: bytes) -> Item:
    """The last record of a write: everything up to the source offset `handled` is in the changelog."""
    return Item(_key(NO_PATIENT, MARK), memory, (("o", b"%d" % handled), ("s", source)))


def read(record: Record) -> Change:
    """Parse one record of the changelog; raise `ForeignRecord` where it is not one of ours."""
    try:
        patient, kind, entity = (record.key or b"").split(b"\0", 2)
        meta: dict[str, bytes] = dict(record.headers)
        review = EPOCH + int(meta["r"]) * MICROSECOND if "r" in meta else None
        change = Change(
            patient,
            Entity(kind.decode(), entity.decode()),
            record.value,
            int(meta["o"]),
            meta.get("s"),
            review,
        )
    except (ValueError, KeyError, OverflowError) as error:
        where = f"{record.topic}[{record.partition}]@{record.offset}"
        raise ForeignRecord(f"not a ledger record at {where}: {type(error).__name__}") from error
    return change


def _key(patient: bytes, entity: Entity) -> bytes:
    if b"\0" in patient or "\0" in entity.kind:
        raise ValueError("a patient key or kind must not contain NUL")
    return b"%b\0%b\0%b" % (patient, entity.kind.encode(), entity.id.encode())
