"""What is known of a partition beside its patients: how far its time has come, which sources live, and by
which knowledge version it is judged.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class PartitionMemory:
    """`newest`: the latest receipt seen. `sources`: the last sign of life of each source. `knowledge`: the
    version that judges; `trial`: the one it is to be compared with, `trial_id`: the event that asked for it.
    Empty for none. `live_from`: what was received as history by then counts as live.

    `awaited` is not written: the version that is activated further on in the log, until that is reached.
    """

    newest: datetime | None = None
    sources: dict[str, datetime] = field(default_factory=dict)
    knowledge: str = ""
    trial: str = ""
    trial_id: str = ""
    awaited: str = ""
    live_from: datetime | None = None

    def end_history(self, at: datetime) -> None:
        """History that was received by then goes live; repetition is harmless."""
        if self.live_from is None or at > self.live_from:
            self.live_from = at

    def note(self, at: datetime, source: str | None) -> None:
        """Something was received; repetition is harmless."""
        if self.newest is None or at > self.newest:
            self.newest = at
        if source is not None:
            known = self.sources.get(source)
            if known is None or at > known:
                self.sources[source] = at

    def encoded(self) -> bytes:
        """As it is written."""
        newest = self.newest.isoformat() if self.newest is not None else None
        sources = {source: at.isoformat() for source, at in sorted(self.sources.items())}
        held: dict[str, object] = {"newest": newest, "sources": sources, "knowledge": self.knowledge}
        if self.trial:
            held |= {"trial": self.trial, "trial_id": self.trial_id}
        if self.live_from is not None:
            held["live_from"] = self.live_from.isoformat()
        return json.dumps(held, separators=(",", ":")).encode()

    @classmethod
    def read(cls, payload: bytes) -> "PartitionMemory":
        """As it was written."""
        held: Mapping[str, object] = json.loads(payload)
        newest, sources = held["newest"], held["sources"]
        if not isinstance(sources, dict):
            raise ValueError("the memory of a partition holds no sources")
        return cls(
            datetime.fromisoformat(newest) if isinstance(newest, str) else None,
            {str(source): datetime.fromisoformat(str(at)) for source, at in sources.items()},
            str(held.get("knowledge", "")),
            str(held.get("trial", "")),
            str(held.get("trial_id", "")),
            live_from=datetime.fromisoformat(str(held["live_from"])) if "live_from" in held else None,
        )
