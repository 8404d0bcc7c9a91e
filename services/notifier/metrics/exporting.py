"""The observations as metrics. What could not be observed is missing: an old value would look new."""

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.notifier.metrics.observing import Observation

STALE_AFTER_S = 60.0


class StoreCollector(Collector):
    """Gives Prometheus the newest observation, and says when there is none that is recent enough.

    `clock` counts seconds. Scrapes come from another thread than `observed`; each reads one reference.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._newest: tuple[float, Observation] | None = None

    def observed(self, observation: Observation) -> None:
        """This is what the store holds now."""
        self._newest = (self._clock(), observation)

    @property
    def newest(self) -> Observation | None:
        """The newest observation; None without a recent one."""
        newest = self._newest
        return newest[1] if newest is not None and self._clock() - newest[0] <= STALE_AFTER_S else None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The metrics of one scrape."""
        newest = self.newest
        yield GaugeMetricFamily(
            "dosewarden_store_readable",
            "1 while the store could be counted within the last minute; else its metrics are missing.",
            value=int(newest is not None),
        )
        if newest is not None:
            yield from _families(newest)


def _families(now: Observation) -> Iterator[GaugeMetricFamily]:
    alerts = GaugeMetricFamily(
        "dosewarden_alerts_open", "Alerts that hold, by tier and state.", labels=("tier", "state")
    )
    for (tier, state), count in sorted(now.open.items()):
        alerts.add_metric((str(tier), state), count)
    yield alerts
    unanswered = GaugeMetricFamily(
        "dosewarden_alerts_unanswered", "Alerts that page and wait for an answer.", labels=("tier",)
    )
    for tier in range(1, 5):
        unanswered.add_metric((str(tier),), now.unanswered.get(tier, 0))
    yield unanswered
    oldest = GaugeMetricFamily(
        "dosewarden_oldest_unanswered_seconds",
        "Age of the oldest alert that pages and waits for an answer; missing without one.",
        labels=("tier",),
    )
    for tier, seconds in sorted(now.oldest_unanswered_s.items()):
        oldest.add_metric((str(tier),), seconds)
    yield oldest
    yield GaugeMetricFamily(
        "dosewarden_relay_lag_seconds",
        "Age of the oldest entry of the audit trail that is not in the history yet; 0 without one.",
        value=now.relay_lag_s,
    )
    yield GaugeMetricFamily(
        "dosewarden_orders_waiting", "Tellings ordered that no sender has finished.", value=now.orders_waiting
    )
    low = GaugeMetricFamily(
        "dosewarden_low_pages",
        "Pages of tiers 3 and 4 that wait: to go together, for limit or quiet hours, or in a sender's hand.",
        labels=("where",),
    )
    for where, count in (
        ("together", now.low.waiting),
        ("held-back", now.low.held_back),
        ("quiet-hours", now.low.quiet),
        ("in-hand", now.low.in_hand),
    ):
        low.add_metric((where,), count)
    yield low
    yield GaugeMetricFamily(
        "dosewarden_low_pages_overdue_seconds",
        "For how long the oldest page of a low tier should have gone; 0 when none should have.",
        value=now.low.overdue_s,
    )
    yield GaugeMetricFamily(
        "dosewarden_timers_overdue_seconds",
        "How long ago the oldest timer of live alerts was due; 0 when none is.",
        value=now.overdue_s,
    )
