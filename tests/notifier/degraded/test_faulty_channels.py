"""While the store is away a channel with a fault of its own keeps nobody from being told by another one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from schemas.page_journal import DirectOutcome
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.channels.chat import ChatChannel, Shape
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.paging import DirectPages
from tests.notifier.builders import TIERS
from tests.notifier.degraded.test_direct_pages import contraindicated
from tests.notifier.receiver import Receiver, Reply
from tests.notifier.test_channel_trouble import CHAT, WEBHOOK, Broken, Nurse
from tests.notifier.test_unfit_values import Record
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
