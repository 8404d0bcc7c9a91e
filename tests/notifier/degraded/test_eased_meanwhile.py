"""A finding that changes while its direct page waits is told as it is then, or left to the store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from schemas.base import Severity
from schemas.issues import DetectedIssue, Transition
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.address_book import Desk
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.known_before import Before
from services.notifier.degraded.paging import DirectPages
from services.notifier.policy.plan import Target
from services.notifier.store.identifiers import alert_id
from services.notifier.telling.messages import Message
from tests.core.records import Plain
from tests.notifier.builders import PATIENT, TIERS
from tests.notifier.degraded.test_direct_pages import contraindicated
from tests.notifier.ward_policy import WardPolicy

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio]


class Busy:
    """A pager that takes nothing until it is free; `told` are the messages that it took."""

    name = "pager"

    def __init__(self) -> None:
        self.free = False
        self.told: list[Message] = []

    async def send(self, message: Message, address: str) -> Attempt:
        if not self.free:
            return Attempt(Outcome.REFUSED, "busy")
        self.told.append(message)
        return Attempt(Outcome.DELIVERED)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Outage:
    """Direct pages to one nurse."""

    pages: DirectPages
    pager: Busy

    async def says(self, *issues: DetectedIssue) -> None:
        for offset, issue in enumerate(issues):
            self.pages.take(Plain(issue.model_dump_json().encode(), b"", offset=offset), datetime.now(UTC))
            await self.pages.send(datetime.now(UTC))

    async def becomes_free(self) -> list[tuple[str, str]]:
        """Delivery and text of what is told then."""
        self.pager.free = True
        await self.pages.send(datetime.now(UTC))
        await self.pages.send(datetime.now(UTC))
        return [(message.delivery, message.text) for message in self.pager.told]


@pytest_asyncio.fixture
async def outage(embedded_broker: EmbeddedBroker) -> AsyncIterator[Outage]:
    pager = Busy()
    policy = WardPolicy(duty={"rota:nurses": (Target("nurse-7", "pager"),)})
    async with AIOKafkaProducer(bootstrap_servers=embedded_broker.bootstrap) as producer:
        journal = PageJournal(producer, embedded_broker.bootstrap)
        yield Outage(DirectPages(journal, {"pager": pager}, Desk(), TIERS, policy, ""), pager)


def changed(issue: DetectedIssue, transition: Transition, **more: Any) -> DetectedIssue:
    update = {"transition": transition, "revision": issue.revision + 1, "transition_id": "later"}
    return issue.model_copy(update=update | more)


FIRST = contraindicated("during")
DELIVERY = f"{alert_id(PATIENT, 'during')}:1:1:0:nurse-7/pager"


async def test_what_has_eased_is_told_as_it_is_now_under_the_id_that_the_store_will_give(
    outage: Outage,
) -> None:
    await outage.says(FIRST, changed(FIRST, Transition.EASED, text="baclofen 85 mg in 24 h"))
    assert await outage.becomes_free() == [(DELIVERY, "baclofen 85 mg in 24 h")]


async def test_what_is_not_of_the_loudest_tier_any_more_is_left_to_the_store(outage: Outage) -> None:
    await outage.says(FIRST, changed(FIRST, Transition.EASED, severity=Severity.MODERATE))
    assert await outage.becomes_free() == []


async def test_what_eased_untold_and_is_as_bad_again_is_told_though_its_first_page_was_due_before(
    outage: Outage,
) -> None:
    eased = changed(FIRST, Transition.EASED, severity=Severity.MODERATE)
    again = changed(eased, Transition.WORSENED, severity=FIRST.severity, told_before=1, text="again")
    await outage.says(FIRST, eased, again)
    assert await outage.becomes_free() == [(DELIVERY, "again")]


async def test_what_was_told_and_eased_and_is_as_bad_again_is_not_told_twice(outage: Outage) -> None:
    outage.pager.free = True
    eased = changed(FIRST, Transition.EASED, severity=Severity.MODERATE)
    again = changed(eased, Transition.WORSENED, severity=FIRST.severity, told_before=1, text="again")
    await outage.says(FIRST, eased, again)
    assert await outage.becomes_free() == [(DELIVERY, FIRST.text)]


async def test_what_is_covered_by_another_finding_now_is_left_to_the_store(outage: Outage) -> None:
    await outage.says(FIRST, changed(FIRST, Transition.EASED, covered_by="another"))
    assert await outage.becomes_free() == []


async def test_an_eased_finding_that_nobody_waits_to_tell_tells_nobody(outage: Outage) -> None:
    outage.pager.free = True
    await outage.says(FIRST, changed(FIRST, Transition.EASED))
    assert [message.text for message in outage.pager.told] == [FIRST.text]


async def test_what_was_told_through_the_store_is_not_told_again_and_what_is_worse_is(
    outage: Outage,
) -> None:
    outage.pages.know({alert_id(PATIENT, "during"): Before(1, 1, told=True, quiet=False)})
    outage.pager.free = True
    await outage.says(FIRST)
    assert outage.pager.told == []
    await outage.says(changed(FIRST, Transition.WORSENED))
    assert [message.revision for message in outage.pager.told] == [2]
