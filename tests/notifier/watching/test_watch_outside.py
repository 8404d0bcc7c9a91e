"""The dead man's switch: told only while all is well, and silent in every other case."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from schemas.alerts import AlertState
from services.notifier.channels.posting import Posting
from services.notifier.environment import BadSettings
from services.notifier.metrics.observing import Observation
from services.notifier.settings import Settings
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.watching.outside import NAME, OutsideWatch, Wellbeing
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, TIERS
from tests.notifier.desk import Desk
from tests.notifier.receiver import Receiver, Reply

redis = pytest.mark.redis
WELL = Observation({}, {}, {}, 0.0, 0, 0.0, 0.0)


class Night:
    """A process whose wellbeing the test decides; all is well at first."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.observation: Observation | None = WELL
        self.silent: frozenset[int] | None = frozenset()
        self.kafka_away: frozenset[str] | None = frozenset()
        self.wellbeing = Wellbeing(lambda: self.now)
        self.wellbeing.observed = lambda: self.observation
        self.wellbeing.silent = lambda: self.silent
        self.wellbeing.kafka_away = lambda: self.kafka_away
        self.wellbeing.reading()


def test_all_is_well_only_once_everything_was_looked_at() -> None:
    assert Night().wellbeing.complaints() == []
    assert Wellbeing(lambda: 0.0).complaints() == [
        "findings are not read", "Kafka does not answer", "partitions are not judged",
        "the store cannot be counted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("observation", "complaint"),
    [
        (None, "the store cannot be counted"),
        (Observation({}, {}, {}, 121.0, 0, 0.0, 0.0), "the history is behind"),
        (Observation({}, {}, {}, 0.0, 4, 301.0, 0.0), "tellings wait"),
        (Observation({}, {}, {}, 0.0, 0, 0.0, 121.0), "timers are overdue"),
    ],
)
def test_what_the_store_says_is_complained_of(observation: Observation | None, complaint: str) -> None:
    night = Night()
    night.observation = observation
    assert night.wellbeing.complaints() == [complaint]


@pytest.mark.parametrize("silent", [None, frozenset({2})])
def test_a_partition_that_is_not_judged_is_complained_of(silent: frozenset[int] | None) -> None:
    night = Night()
    night.silent = silent
    assert night.wellbeing.complaints() == ["partitions are not judged"]


@pytest.mark.parametrize("away", [None, frozenset({"findings"})])
def test_a_kafka_that_does_not_answer_is_complained_of(away: frozenset[str] | None) -> None:
    night = Night()
    night.kafka_away = away
    assert night.wellbeing.complaints() == ["Kafka does not answer"]


def test_findings_that_were_not_asked_for_lately_are_complained_of() -> None:
    night = Night()
    night.now += 121
    assert night.wellbeing.complaints() == ["findings are not read"]


@pytest_asyncio.fixture
async def outside() -> AsyncIterator[Receiver]:
    made = Receiver(Reply(200))
    yield made
    await made.close()


@asynccontextmanager
async def watch(outside: Receiver, desk: Desk, night: Night) -> AsyncIterator[OutsideWatch]:
    technical = TechnicalAlerts(desk.store, desk.reader, TIERS, DESK_POLICY)
    posting = Posting(loopback=True)
    yield OutsideWatch(await outside.start(), posting, night.wellbeing, technical)
    await posting.close()


@redis
async def test_the_outside_is_told_while_all_is_well_and_not_otherwise(outside: Receiver, desk: Desk) -> None:
    night = Night()
    async with watch(outside, desk, night) as watching:
        await watching.tell()
        night.silent = frozenset({1})
        await watching.tell()
        night.silent = frozenset()
        await watching.tell()
    assert [(request.line.split()[0], request.body) for request in outside.requests] == [("POST", b"")] * 2


@redis
async def test_an_outside_that_is_not_reached_is_told_inside_and_settled_when_it_is(
    outside: Receiver, desk: Desk
) -> None:
    outside.replies = [Reply(500)] * 5
    name = alert_id(SYSTEM_PATIENT, f"technical-{NAME}")
    async with watch(outside, desk, Night()) as watching:
        for _ in range(5):
            await watching.tell()
        assert "HTTP 500" in (await desk.reader.exactly(name)).text
        await watching.tell()
    assert (await desk.reader.exactly(name)).state is AlertState.RESOLVED


@pytest.mark.parametrize("url", ["http://watch.example/ping", "ftp://watch.example", "nowhere"])
def test_an_address_that_cannot_be_one_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(BadSettings, match="DOSEWARDEN_OUTSIDE_URL"):
        Settings.from_environment({"DOSEWARDEN_OUTSIDE_URL": url})
