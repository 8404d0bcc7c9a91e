"""What Prometheus is told, and that what could not be looked at is missing and not 0."""

from dataclasses import replace
from io import StringIO
from typing import Any

import httpx
import pytest

from schemas.base import Severity
from schemas.issues import Transition
from services.launcher.servers.child import free_port
from services.notifier.environment import BadSettings
from services.notifier.metrics.counters import Counters
from services.notifier.metrics.exporting import STALE_AFTER_S, StoreCollector
from services.notifier.metrics.observing import Observation, observe
from services.notifier.metrics.place import place_of
from services.notifier.metrics.serving import served
from services.notifier.settings import Settings
from services.notifier.store.connection import Connection
from tests.notifier.broker import Engine
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty, until
from tests.notifier.numbers.stories import alert
from tests.notifier.pager import Pager

redis = pytest.mark.redis


def values(counters: Counters, name: str) -> dict[tuple[str, ...], float]:
    """The samples of one metric by the values of their labels."""
    families = counters.registry.collect()
    samples = (sample for family in families for sample in family.samples if sample.name == name)
    return {tuple(sample.labels.values()): sample.value for sample in samples}


def relayed(*story: Any) -> Counters:
    counters = Counters()
    for entry in alert(*story):
        counters.entry(entry)
    return counters


def test_entries_are_counted_by_event_rule_ward_and_tier() -> None:
    counters = relayed(("raised", 0), ("paged", 0), ("told", 1), ("told", 2))
    counted = values(counters, "dosewarden_alert_events_total")
    assert counted["told", "cumulative-dose", "Neurology 2", "2"] == 2


def test_the_time_to_an_acknowledgement_is_observed_in_seconds() -> None:
    counters = relayed(("raised", 0), ("paged", 0), ("acknowledged", 4))
    assert values(counters, "dosewarden_time_to_ack_seconds_sum") == {("2",): 240.0}


@pytest.mark.parametrize(
    "story", [[("acknowledged", 4)], [("paged", 0), ("resolved", 2), ("acknowledged", 4)]]
)
def test_an_acknowledgement_of_a_page_that_was_not_seen_here_has_no_time(story: list[Any]) -> None:
    assert values(relayed(*story), "dosewarden_time_to_ack_seconds_sum") == {}


@redis
async def test_what_the_store_holds_is_counted(desk: Desk, connection: Connection) -> None:
    await desk.hear(finding(issue_id="a"))
    await desk.hear(finding(issue_id="b", severity=Severity.CONTRAINDICATED))
    await desk.hear(finding(issue_id="c", severity=Severity.MINOR))
    await desk.hear(finding(issue_id="d"))
    await desk.hear(finding(Transition.WITHDRAWN, 2, issue_id="d"))
    seen = await observe(connection, 4)
    assert seen.open == {(1, "open"): 1, (2, "open"): 1, (4, "open"): 1}
    assert seen.unanswered == {1: 1, 2: 1}
    assert seen.orders_waiting == len(await desk.orders())
    assert seen.relay_lag_s >= 0


@redis
async def test_an_empty_store_has_nothing_open_and_no_lag(connection: Connection) -> None:
    seen = await observe(connection, 4)
    assert (dict(seen.open), dict(seen.oldest_unanswered_s), seen.relay_lag_s) == ({}, {}, 0.0)


def test_an_old_observation_is_not_told_as_if_it_were_new() -> None:
    now = [0.0]
    collector = StoreCollector(lambda: now[0])
    assert [family.name for family in collector.collect()] == ["dosewarden_store_readable"]
    collector.observed(Observation({(2, "open"): 1}, {2: 1}, {2: 9.0}, 0.0, 0, 0.0, 0.0))
    assert "dosewarden_alerts_open" in {family.name for family in collector.collect()}
    now[0] = STALE_AFTER_S + 1
    told = list(collector.collect())
    assert [(family.name, family.samples[0].value) for family in told] == [("dosewarden_store_readable", 0)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", None),
        ("9464", ("127.0.0.1", 9464)),
        ("10.0.0.5:9464", ("10.0.0.5", 9464)),
        ("[::1]:1", ("::1", 1)),
    ],
)
def test_the_place_is_loopback_unless_it_is_named(text: str, place: tuple[str, int] | None) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize("text", ["here", "host:", "0", "70000", "host:9x"])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match="DOSEWARDEN_METRICS"):
        place_of(text)


def test_a_place_that_is_taken_is_refused_at_the_start() -> None:
    place = ("127.0.0.1", free_port())
    second = served(Counters(), place)
    with served(Counters(), place), pytest.raises(BadSettings, match="cannot be listened on"), second:
        pass


@redis
@pytest.mark.embedded
async def test_a_notifier_on_duty_tells_of_pages_and_acknowledgements(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    port = free_port()
    listening = replace(settings, metrics=("127.0.0.1", port))
    async with Engine(settings.kafka) as engine, on_duty(listening, await pager.start(), StringIO()):
        await engine.says(finding())
        await until(desk, lambda alert: len(alert.told) == 2)
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    assert 'dosewarden_deliveries_total{channel="webhook",outcome="delivered"} 1.0' in text
    assert 'dosewarden_channel_places_out{channel="webhook"} 0.0' in text
    assert "dosewarden_store_readable 1.0" in text
    assert "baclofen" not in text


def test_an_alert_that_was_found_without_a_timer_is_counted() -> None:
    counters = Counters()
    counters.unwatched()
    assert counters.registry.get_sample_value("dosewarden_alerts_found_unwatched_total") == 1
