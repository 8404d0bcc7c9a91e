"""While the store is away, a channel in trouble keeps no finding of tier 1 from those who can be told."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer

from schemas.base import Severity, TimeDomain
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.channels import Attempt, Channel, Outcome
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.paging import DirectPages
from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.plan import Plan, Step, Target
from services.notifier.settings import Settings
from services.notifier.telling.messages import Message
from services.notifier.tiers import load_tiers
from tests.core.records import Plain
from tests.notifier.builders import finding

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio]
NOW = datetime.now(UTC)
OF_TIER_ONE = finding(
    issue_id="during", severity=Severity.CONTRAINDICATED, time_domain=TimeDomain.LIVE,
    at=NOW, raised_at=NOW, page_from=NOW,
)  # fmt: skip


class Telephone:
    """A channel that ends each attempt in one way; `rang` are the addresses that it was asked for."""

    def __init__(self, name: str, ends: Outcome | Exception) -> None:
        self.name = name
        self.rang: list[str] = []
        self._ends = ends

    async def send(self, message: Message, address: str) -> Attempt:
        self.rang.append(address)
        if isinstance(self._ends, Exception):
            raise self._ends
        return Attempt(self._ends)

    async def close(self) -> None:
        """Nothing is open."""


class TwoSteps:
    """First the people of `first`, then the manager. Implements `Policy`."""

    version = "two-steps"

    def __init__(self, *first: Target) -> None:
        self._behind = {"first": first, "second": (Target("manager", "sound"),)}

    def plan(self, subject: Subject, now: datetime) -> Plan:
        return Plan("route", (Step(0, ("first",)), Step(300, ("second",))), 0, (), 600)

    def resolve(self, refs: Sequence[str], now: datetime) -> tuple[Target, ...]:
        return tuple(target for ref in refs for target in self._behind[ref])

    def hold(self, subject: Subject, now: datetime) -> Hold | None:
        return None


class Book:
    """Everybody has both channels, and their own name for an address."""

    def channels(self, person: str) -> tuple[str, ...]:
        return ("odd",) if person == "nurse" else ("odd", "sound")

    def address(self, person: str, channel: str) -> str | None:
        return person if channel in self.channels(person) else None


async def rings(broker: EmbeddedBroker, odd: Telephone, *first: Target) -> list[str]:
    """Whom the channel that works has told, after three rounds."""
    sound = Telephone("sound", Outcome.SENT)
    channels: dict[str, Channel] = {"odd": odd, "sound": sound}
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        journal = PageJournal(producer, broker.bootstrap)
        pages = DirectPages(journal, channels, Book(), load_tiers(Settings().tiers), TwoSteps(*first), "")
        value = OF_TIER_ONE.model_dump_json().encode()
        pages.take(Plain(value, b""), NOW)
        for seconds in range(3):
            await pages.send(NOW + timedelta(seconds=seconds))
    return sound.rang


class Hanging(Telephone):
    """It rings, and nobody ever says anything; `given_up` once it was not waited for any more."""

    given_up = False

    async def send(self, message: Message, address: str) -> Attempt:
        self.rang.append(address)
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up = True
        raise AssertionError("it never ends")


class Telling(Telephone):
    """It says when it rang."""

    def __init__(self) -> None:
        super().__init__("sound", Outcome.SENT)
        self.told = asyncio.Event()

    async def send(self, message: Message, address: str) -> Attempt:
        self.told.set()
        return await super().send(message, address)


async def test_who_hangs_keeps_nobody_else_of_the_step_waiting(embedded_broker: EmbeddedBroker) -> None:
    hanging, sound = Hanging("odd", Outcome.SENT), Telling()
    policy = TwoSteps(Target("nurse", "odd"), Target("doctor", "sound"))
    channels: dict[str, Channel] = {"odd": hanging, "sound": sound}
    async with AIOKafkaProducer(bootstrap_servers=embedded_broker.bootstrap) as producer:
        journal = PageJournal(producer, embedded_broker.bootstrap)
        pages = DirectPages(journal, channels, Book(), load_tiers(Settings().tiers), policy, "")
        pages.take(Plain(OF_TIER_ONE.model_dump_json().encode(), b""), NOW)
        sending = asyncio.create_task(pages.send(NOW))
        async with asyncio.timeout(60):
            await sound.told.wait()
        assert hanging.rang == ["nurse"]
        assert not hanging.given_up
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


FAULTS = [
    pytest.param(ValueError("a fault of its own"), id="raises"),
    pytest.param(Outcome.UNKNOWN, id="no-answer"),
    pytest.param(Outcome.REFUSED, id="refuses"),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_whoever_has_another_channel_is_told_by_it_once(
    embedded_broker: EmbeddedBroker, fault: Outcome | Exception
) -> None:
    assert await rings(embedded_broker, Telephone("odd", fault), Target("doctor", "odd")) == ["doctor"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_where_nobody_of_the_first_step_is_reached_the_next_one_is_told_once(
    embedded_broker: EmbeddedBroker, fault: Outcome | Exception
) -> None:
    assert await rings(embedded_broker, Telephone("odd", fault), Target("nurse", "odd")) == ["manager"]


async def test_where_nobody_is_on_duty_the_next_step_is_told(embedded_broker: EmbeddedBroker) -> None:
    assert await rings(embedded_broker, Telephone("odd", Outcome.SENT)) == ["manager"]


async def test_what_may_have_arrived_is_not_sent_again_by_the_same_channel(
    embedded_broker: EmbeddedBroker,
) -> None:
    odd = Telephone("odd", Outcome.UNKNOWN)
    await rings(embedded_broker, odd, Target("nurse", "odd"))
    assert odd.rang == ["nurse"]
