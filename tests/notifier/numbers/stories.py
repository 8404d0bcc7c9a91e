"""Histories told in short: what happened to an alert, and when."""

from collections.abc import Sequence
from typing import Any

from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.base import Severity
from services.notifier.numbers.episodes import Episodes
from tests.notifier.builders import after

Told = tuple[str, float] | tuple[str, float, dict[str, Any]]
"""An event, the minute it happened, and what else its entry says."""

_STATES = {
    "raised": AlertState.OPEN, "worsened": AlertState.OPEN, "paged": AlertState.OPEN,
    "escalated": AlertState.OPEN, "reopened": AlertState.OPEN, "acknowledged": AlertState.ACKNOWLEDGED,
    "resolved": AlertState.RESOLVED, "withdrawn": AlertState.WITHDRAWN, "moved": AlertState.MOVED,
}  # fmt: skip


def alert(*story: Told, name: str = "03-one", **throughout: Any) -> list[AlertHistoryEntry]:
    """The history of one alert."""
    entries = []
    for sequence, told in enumerate(story, start=1):
        event, minute, more = told[0], told[1], (told[2] if len(told) > 2 else {})
        content: dict[str, Any] = {
            "alert_id": name, "patient": "p", "sequence": sequence, "episode": 1, "revision": 1,
            "event": event, "state": _STATES.get(event, AlertState.NOTIFIED), "severity": Severity.MAJOR,
            "at": after(minutes=minute), "check": "cumulative-dose", "ward": "Neurology 2", "tier": 2,
        }  # fmt: skip
        entries.append(AlertHistoryEntry(**(content | throughout | more)))
    return entries


def folded(*histories: Sequence[AlertHistoryEntry]) -> Episodes:
    """What is counted of these histories."""
    episodes = Episodes()
    for history in histories:
        for entry in history:
            episodes.take(entry)
    return episodes
