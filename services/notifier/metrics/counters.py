"""Counts of this process since its start. No label holds anything of a patient."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.alerts import AlertHistoryEntry, AlertState
from services.notifier.numbers.episodes import ANSWERS

_ACK_BUCKETS_S = (30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)
_MOST_WAITING = 100_000
_OVER = frozenset((AlertState.RESOLVED, AlertState.WITHDRAWN, AlertState.MOVED))


class Counters:
    """Everything that this process counts, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._deliveries = Counter(
            "dosewarden_deliveries",
            "Receipts of tellings, by channel and what became of the attempt.",
            ("channel", "outcome"),
            registry=self.registry,
        )
        self._events = Counter(
            "dosewarden_alert_events",
            "Entries relayed to the history: the numerators and denominators of docs/numbers.md.",
            ("event", "check", "ward", "tier"),
            registry=self.registry,
        )
        self._to_ack = Histogram(
            "dosewarden_time_to_ack_seconds",
            "From the first page that this process relayed to the acknowledgement that answers it.",
            ("tier",),
            buckets=_ACK_BUCKETS_S,
            registry=self.registry,
        )
        self._drift = Counter(
            "dosewarden_reconciler_drift",
            "Live alerts in which the store and the topics differed, by what was wrong.",
            ("kind",),
            registry=self.registry,
        )
        for kind in ("lost", "unrecorded", "damaged", "not-compared"):
            self._drift.labels(kind)
        self._unwatched = Counter(
            "dosewarden_alerts_found_unwatched",
            "Alerts that page and were found without a timer, and given one. After an upgrade it is a fault.",
            registry=self.registry,
        )
        self._out = Gauge(
            "dosewarden_channel_places_out",
            "Hosts at which a channel is let alone after failures in a row; 0 is well.",
            ("channel",),
            registry=self.registry,
        )
        self._kafka = Gauge(
            "dosewarden_kafka_answers",
            "1 while Kafka answers where findings are read and where the history is written.",
            ("way",),
            registry=self.registry,
        )
        self._held_back = Counter(
            "dosewarden_low_pages_held_back",
            "Pages of tiers 3 and 4 that the limit of a person held back for the next digest.",
            registry=self.registry,
        )
        self._clock: Gauge | None = None
        self._waiting: dict[str, datetime] = {}

    def delivery(self, channel: str, outcome: str) -> None:
        """One receipt."""
        self._deliveries.labels(channel, outcome).inc()

    def unwatched(self) -> None:
        """One alert that nobody would have been told of again."""
        self._unwatched.inc()

    def held_back(self, pages: int) -> None:
        """So many pages were held back by the limit."""
        self._held_back.inc(pages)

    def channel(self, channel: str, places: int) -> None:
        """At how many hosts a channel is out, after an attempt."""
        self._out.labels(channel).set(places)

    def kafka(self, way: str, answered: bool) -> None:
        """Whether Kafka answered just now, on the way to findings or to the history."""
        self._kafka.labels(way).set(int(answered))

    def clock(self, ahead_s: float) -> None:
        """How far the store's clock is ahead of this machine's; there is no metric before the first look."""
        if self._clock is None:
            self._clock = Gauge(
                "dosewarden_store_clock_ahead_seconds",
                "How far the store's clock is ahead of this machine's, at the last look.",
                registry=self.registry,
            )
        self._clock.set(ahead_s)

    def entry(self, entry: AlertHistoryEntry) -> None:
        """One entry that Kafka has."""
        self._events.labels(entry.event, entry.check, entry.ward, str(entry.tier)).inc()
        if entry.event == "paged" and len(self._waiting) < _MOST_WAITING:
            self._waiting.setdefault(entry.alert_id, entry.at)
        elif entry.event in ANSWERS or entry.state in _OVER:
            since = self._waiting.pop(entry.alert_id, None)
            if since is not None and entry.event == "acknowledged":
                self._to_ack.labels(str(entry.tier)).observe((entry.at - since).total_seconds())

    def drift(self, kind: str, alerts: int) -> None:
        """What a comparison of the store with the topics found."""
        self._drift.labels(kind).inc(alerts)
