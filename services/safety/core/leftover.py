"""What a record that was not understood leaves with its patient: that there was one, never what it said."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from schemas.base import Mode, TimeDomain
from schemas.clinical import UnreadableFact
from services.safety.core.decoding import LARGEST
from services.safety.processor.contract import Reject

_NOT_NAMED = "not-named"
_LONGEST = 512
_BELIEVABLE = timedelta(days=1)
"""A charting time further ahead is no charting time; believed, nothing could ever dismiss the trace."""


def leftover(reject: Reject, patient: str, time_domain: TimeDomain, at: datetime) -> UnreadableFact:
    """The trace of a rejected record. `at` is the receipt to assume where the record's own cannot be read.

    What is taken over from the record is what is needed to dismiss the trace later: which entity it spoke of,
    and when that was charted. A receipt later than `at` is not believed.
    """
    value = reject.record.value or b""
    said = _object(value)
    received = min(_instant(said.get("received_at")) or at, at)
    record = reject.record
    recorded = _instant(said.get("recorded_at"))
    if recorded is None or recorded > at + _BELIEVABLE:
        recorded = received
    return UnreadableFact(
        event_id=f"rejected:{record.topic}:{record.partition}:{record.offset}",
        patient=patient,
        entity=f"unreadable:{hashlib.sha256(value).hexdigest()[:32]}",
        effective_at=received,
        recorded_at=recorded,
        received_at=received,
        mode=Mode.BACKFILL if said.get("mode") == Mode.BACKFILL.value else Mode.LIVE,
        time_domain=time_domain,
        source=_identifier(said.get("source")) or _NOT_NAMED,
        reason=reject.reason,
        about=_identifier(said.get("entity")),
    )


def _object(value: bytes) -> dict[str, object]:
    if not value or len(value) > LARGEST:
        return {}
    try:
        said = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _identifier(said: object) -> str | None:
    return said if isinstance(said, str) and 0 < len(said) <= _LONGEST else None


def _instant(said: object) -> datetime | None:
    if not isinstance(said, str):
        return None
    try:
        instant = datetime.fromisoformat(said)
        return instant.astimezone(UTC) if instant.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
