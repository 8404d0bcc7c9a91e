"""The history folded into episodes: what became of each, as far as it is counted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from schemas.alerts import AlertHistoryEntry
from services.notifier.store.identifiers import SYSTEM_PATIENT

ANSWERS = frozenset(("acknowledged", "overridden", "declined"))
"""What a person does about a page, whatever it is."""

_NEWER_EPISODE = re.compile(r"episode \d+ began")
_PAGES = frozenset(("paged", "escalated"))
_ENDS = frozenset(("resolved", "withdrawn", "moved", "expired"))


@dataclass(slots=True)
class Episode:
    """One episode of one alert. Rule, ward and tier are those of its first page, else of its beginning.

    `to_ack_s` holds, for each acknowledgement, the seconds since the first page that it answered.
    """

    began: datetime
    check: str = ""
    ward: str = ""
    tier: int = 0
    pages: int = 0
    repeats: int = 0
    tellings: int = 0
    failed_tellings: int = 0
    retractions_told: int = 0
    answered: bool = False
    overridden: bool = False
    to_ack_s: list[float] = field(default_factory=list)
    ended: str = ""
    ended_by_a_fact: bool | None = None
    _paged: set[tuple[int, str]] = field(default_factory=set)
    _waits_since: datetime | None = None

    def take(self, entry: AlertHistoryEntry) -> None:
        """The next entry of this episode."""
        if not self.pages:
            self.check = entry.check or self.check
            self.ward = entry.ward or self.ward
            self.tier = entry.tier or self.tier
        if entry.event in _PAGES:
            self._page(entry)
        elif entry.event in ANSWERS:
            self._answer(entry)
        elif entry.event in _ENDS:
            self.ended = entry.event
            self.ended_by_a_fact = bool(entry.cause_entity) if _tells_its_end(entry) else None
        elif entry.event == "reopened":
            self.ended, self.ended_by_a_fact = "", None
        self.tellings += entry.event == "told"
        self.failed_tellings += entry.event == "delivery-failed"
        self.retractions_told += entry.event == "retraction-told"

    def _page(self, entry: AlertHistoryEntry) -> None:
        self.pages += 1
        # The same facts paged again; an escalation tells them to somebody else and is no repeat.
        self.repeats += entry.event == "paged" and (entry.revision, entry.severity) in self._paged
        self._paged.add((entry.revision, entry.severity))
        if self._waits_since is None:
            self._waits_since = entry.at

    def _answer(self, entry: AlertHistoryEntry) -> None:
        self.answered = True
        self.overridden = self.overridden or entry.event == "overridden"
        if entry.event == "acknowledged" and self._waits_since is not None:
            self.to_ack_s.append((entry.at - self._waits_since).total_seconds())
        self._waits_since = None


def _tells_its_end(entry: AlertHistoryEntry) -> bool:
    """Whether an end says what made it.

    Not where the closing record was never seen (a newer episode began), nor in entries of older releases.
    """
    return entry.tier > 0 and _NEWER_EPISODE.fullmatch(entry.because) is None


class Episodes:
    """Give it every entry of the history, in the order of each alert; repetitions change nothing."""

    def __init__(self) -> None:
        self._episodes: dict[tuple[str, int], Episode] = {}
        self._taken: dict[str, int] = {}

    def take(self, entry: AlertHistoryEntry) -> None:
        """The next entry. Technical alerts are about ourselves and are not counted."""
        if entry.patient == SYSTEM_PATIENT or entry.sequence <= self._taken.get(entry.alert_id, 0):
            return
        self._taken[entry.alert_id] = entry.sequence
        place = (entry.alert_id, entry.episode)
        self._episodes.setdefault(place, Episode(began=entry.at)).take(entry)

    def since(self, moment: datetime | None) -> Iterator[Episode]:
        """The episodes that began at `moment` or later; all when it is None."""
        for episode in self._episodes.values():
            if moment is None or episode.began >= moment:
                yield episode
