"""Single rejections call nobody; many of one cause do, once, until it calms."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from schemas.alerts import AlertState
from schemas.base import Mode
from schemas.rejections import Closing, Origin, RejectedEvent, RejectionClosed, rejected_event
from schemas.topics import REJECTED_EVENTS
from services.notifier.alerts import Alert
from services.notifier.settings import Settings
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.watching.rejection_counts import Counts
from services.notifier.watching.rejections import RejectionWatch
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, TIERS, after
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty
from tests.notifier.pager import Pager

LIMIT, WINDOW_S = 4, 600.0
SECRET = b"Jane Roe, born 1950"


def rejection(door: str = "hl7v2", reason: str = "unknown-status", **changed: Any) -> RejectedEvent:
    made = rejected_event("intake", Origin(door=door, path="mllp/ward"), SECRET, reason, "a sentence")
    return made.model_copy(update=changed)


@dataclass
class Record:
    """The part of a consumed record that is looked at."""

    value: bytes | None
    timestamp: int
    topic: str = REJECTED_EVENTS.name


class Watchman:
    """A watch whose rejections and their age the test decides."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.relieve()

    def relieve(self) -> None:
        """Another process takes over; it knows only what is in the store."""
        technical = TechnicalAlerts(self.desk.store, self.desk.reader, TIERS, DESK_POLICY)
        self.watch = RejectionWatch(
            "", self.desk.store, self.desk.reader, technical, Counts(LIMIT, WINDOW_S), WINDOW_S
        )

    async def reads(self, many: int, seconds_ago: float = 1.0, of: RejectedEvent | None = None) -> None:
        now_ms = await self.desk.store.now_ms()
        value = (of or rejection()).model_dump_json().encode()
        self.watch.take([Record(value, round(now_ms - seconds_ago * 1000))] * many)

    async def sees(self, many: int, seconds_ago: float = 1.0, of: RejectedEvent | None = None) -> None:
        await self.reads(many, seconds_ago, of)
        await self.watch.look()

    async def alerts(self) -> dict[str, Alert]:
        """The technical alerts by their names, each in its newest episode."""
        prefix = alert_id(SYSTEM_PATIENT, "technical-")
        found = sorted(await self.desk.reader.alerts(closed=True), key=lambda alert: alert.episode)
        return {alert.id.removeprefix(prefix): alert for alert in found}

    async def state(self) -> AlertState:
        (alert,) = (await self.alerts()).values()
        return alert.state


@pytest.fixture
def watchman(desk: Desk) -> Watchman:
    return Watchman(desk)


@pytest.mark.redis
async def test_as_many_as_the_limit_call_nobody_and_one_more_calls_once(watchman: Watchman) -> None:
    await watchman.sees(LIMIT)
    assert await watchman.alerts() == {}
    for _ in range(3):
        await watchman.sees(1)
    (name,) = await watchman.alerts()
    assert name == "rejected:hl7v2:unknown-status"
    alert = (await watchman.alerts())[name]
    assert (alert.tier, alert.revision, alert.state) == (2, 1, AlertState.OPEN)
    assert f"More than {LIMIT} messages within 10 minutes" in alert.text
    assert len(await watchman.desk.orders(SYSTEM_PATIENT)) == 2, "one for each channel"


@pytest.mark.redis
async def test_causes_are_counted_apart(watchman: Watchman) -> None:
    for of in (rejection(), rejection(door="fhir"), rejection(reason="bad-number")):
        await watchman.sees(LIMIT, of=of)
    assert await watchman.alerts() == {}
    await watchman.sees(1, of=rejection(door="fhir"))
    assert set(await watchman.alerts()) == {"rejected:fhir:unknown-status"}


@pytest.mark.redis
@pytest.mark.parametrize(("seconds_ago", "called"), [(WINDOW_S - 60, True), (WINDOW_S + 1, False)])
async def test_only_what_lies_in_the_window_counts(
    watchman: Watchman, seconds_ago: float, called: bool
) -> None:
    await watchman.sees(LIMIT, seconds_ago)
    await watchman.sees(1)
    assert bool(await watchman.alerts()) is called


@pytest.mark.redis
async def test_what_is_behind_the_doors_is_named_by_its_service(watchman: Watchman) -> None:
    origin = Origin(topic="patient-events", partition=1, offset=7)
    await watchman.sees(LIMIT + 1, of=rejection(hop="safety", origin=origin))
    assert set(await watchman.alerts()) == {"rejected:safety:unknown-status"}


@pytest.mark.redis
async def test_history_and_what_is_over_are_not_counted(watchman: Watchman) -> None:
    await watchman.sees(LIMIT + 1, of=rejection(mode=Mode.BACKFILL))
    closed = RejectionClosed(partition=0, offset=1, closing=Closing.ACCEPTED, at=after())
    now_ms = await watchman.desk.store.now_ms()
    records = [Record(closed.model_dump_json().encode(), now_ms), Record(b"?", now_ms), Record(None, now_ms)]
    watchman.watch.take(records * (LIMIT + 1))
    await watchman.watch.look()
    assert await watchman.alerts() == {}


@pytest.mark.redis
@pytest.mark.parametrize(
    ("left", "state"), [(LIMIT // 2 + 1, AlertState.OPEN), (LIMIT // 2, AlertState.RESOLVED)]
)
async def test_it_ends_when_half_of_the_limit_is_left_whoever_watches_then(
    watchman: Watchman, left: int, state: AlertState
) -> None:
    await watchman.sees(LIMIT + 1)
    watchman.relieve()
    await watchman.reads(LIMIT + 1 - left, WINDOW_S + 1)
    await watchman.sees(left)
    assert await watchman.state() is state


@pytest.mark.redis
async def test_after_it_ended_it_begins_anew(watchman: Watchman) -> None:
    await watchman.sees(LIMIT + 1)
    watchman.relieve()
    await watchman.watch.look()
    assert await watchman.state() is AlertState.RESOLVED
    await watchman.sees(LIMIT + 1)
    (alert,) = (await watchman.alerts()).values()
    assert (alert.episode, alert.state) == (2, AlertState.OPEN)


@pytest.mark.redis
async def test_a_store_that_was_emptied_is_told_again(watchman: Watchman) -> None:
    await watchman.sees(LIMIT + 1)
    await watchman.desk.store.connection.client.flushall()
    await watchman.watch.look()
    assert await watchman.state() is AlertState.OPEN


async def writes(bootstrap: str, rejections: Iterable[RejectedEvent]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for one in rejections:
            key, value = one.origin.key.encode(), one.model_dump_json().encode()
            await producer.send_and_wait(REJECTED_EVENTS.name, value=value, key=key)


@pytest.mark.redis
@pytest.mark.embedded
async def test_a_notifier_on_duty_pages_for_rejections_of_before_and_after_its_start(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    watched = replace(settings, rejected_limit=LIMIT)
    await writes(settings.kafka, [rejection()] * LIMIT)
    screen, url = StringIO(), await pager.start()
    async with on_duty(watched, url, screen):
        await writes(settings.kafka, [rejection()])
        (page,) = await pager.until(1)
    assert page.content["check"] == "technical"
    async with on_duty(watched, url, screen):
        await writes(settings.kafka, [rejection(reason="bad-number")] * (LIMIT + 1))
        await pager.until(2)
    assert {(alert.episode, alert.revision) for alert in await desk.reader.alerts()} == {(1, 1)}
    assert any("hl7v2 as unknown-status" in alert.text for alert in await desk.reader.alerts())
    assert SECRET.decode() not in screen.getvalue()


def test_no_more_is_kept_than_is_needed_to_see_that_there_are_too_many() -> None:
    counts = Counts(LIMIT, WINDOW_S)
    now_ms = round(time.time() * 1000)
    for number in range(1_000):
        counts.take(("fhir", "bad-number"), now_ms - number)
    assert counts.within(("fhir", "bad-number"), now_ms) == LIMIT + 1
    assert counts.within(("fhir", "bad-number"), now_ms + round(WINDOW_S * 1000) - 3) == 3
