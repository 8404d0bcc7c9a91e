"""While the store is away a channel with a fault of its own keeps nobody from being told by another one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from schemas.page_journal import DirectOutcome
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.address_book import Desk
from services.notifier.channels.chat import ChatChannel, Shape
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.paging import DirectPages
from services.notifier.policy.plan import Target
from services.notifier.telling.messages import Message
from tests.notifier.builders import TIERS
from tests.notifier.degraded.test_direct_pages import contraindicated
from tests.notifier.receiver import Receiver, Reply
from tests.notifier.store.test_unfit_values import Record
from tests.notifier.telling.test_channel_trouble import CHAT, WEBHOOK, Broken, Nurse
from tests.notifier.ward_policy import WardPolicy

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio]


@dataclass
class Outage:
    """Direct pages by a pager that is broken and a chat that works."""

    pages: DirectPages
    journal: PageJournal
    chat: Receiver

    async def tells(self) -> None:
        issue = contraindicated("during")
        self.pages.take(Record(issue.model_dump_json().encode(), 1), datetime.now(UTC))
        await self.pages.send(datetime.now(UTC))


@pytest_asyncio.fixture
async def outage(embedded_broker: EmbeddedBroker) -> AsyncIterator[Outage]:
    chat = Receiver(Reply(200, b"ok"))
    nurse = Nurse("", f"{await chat.start()}/hook")
    slack = ChatChannel(Shape.SLACK, loopback=True)
    producer = AIOKafkaProducer(bootstrap_servers=embedded_broker.bootstrap)
    await producer.start()
    journal = PageJournal(producer, embedded_broker.bootstrap)
    policy = WardPolicy(duty={"rota:nurses": (WEBHOOK,)})
    channels = {"webhook": Broken(), "slack": slack}
    yield Outage(DirectPages(journal, channels, nurse, TIERS, policy, ""), journal, chat)
    await producer.stop()
    await slack.close()
    await chat.close()


async def test_the_next_channel_tells_where_the_first_has_a_fault_of_its_own(outage: Outage) -> None:
    await outage.tells()
    await outage.chat.until(1)
    outcomes = {page.target: page.outcome for page in outage.journal.pages((3,))}
    assert outcomes == {str(WEBHOOK): DirectOutcome.UNKNOWN, str(CHAT): DirectOutcome.SENT}
    await outage.pages.send(datetime.now(UTC))
    assert len(outage.chat.requests) == 1


@dataclass
class Meeting:
    """A channel that answers once as many as belong to the meeting are in the midst of telling."""

    name: str
    all_here: asyncio.Barrier

    async def send(self, message: Message, address: str) -> Attempt:
        await self.all_here.wait()
        return Attempt(Outcome.DELIVERED)

    async def close(self) -> None:
        return None


async def test_that_the_store_is_away_is_told_to_all_at_once_and_waits_for_none_of_them(
    embedded_broker: EmbeddedBroker, caplog: pytest.LogCaptureFixture
) -> None:
    all_here = asyncio.Barrier(3)
    channels = {name: Meeting(name, all_here) for name in ("webhook", "slack", "terminal")}
    targets = tuple(Target("desk", name) for name in channels)
    policy = WardPolicy(duty={"rota:nurses": targets})
    async with AIOKafkaProducer(bootstrap_servers=embedded_broker.bootstrap) as producer:
        journal = PageJournal(producer, embedded_broker.bootstrap)
        pages = DirectPages(journal, channels, Desk(), TIERS, policy, "")
        await pages.say_that_the_store_is_away(datetime.now(UTC))
    assert "was not taken" not in caplog.text
