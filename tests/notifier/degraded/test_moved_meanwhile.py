"""A patient who is moved while a direct page waits: the people of the new ward are told, and nobody else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from schemas.base import Severity
from schemas.issues import DetectedIssue, Transition
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.local_store import LocalStore
from services.notifier.channels.address_book import Desk
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.paging import DirectPages
from services.notifier.policy.plan import Target
from services.notifier.settings import Settings
from services.notifier.store.identifiers import alert_id
from tests.notifier.broker import Engine
from tests.notifier.builders import PATIENT, TIERS
from tests.notifier.degraded.test_direct_pages import contraindicated, desk_of, outlasting
from tests.notifier.degraded.test_eased_meanwhile import Busy, Outage, changed
from tests.notifier.duty import on_duty, until
from tests.notifier.findings.test_moved_to_another_ward import TwoWards
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio]
__all__ = ["outlasting"]
FIRST = contraindicated("during")
NAME = alert_id(PATIENT, "during")


@pytest_asyncio.fixture
async def outage(embedded_broker: EmbeddedBroker) -> AsyncIterator[Outage]:
    pager = Busy()
    async with AIOKafkaProducer(bootstrap_servers=embedded_broker.bootstrap) as producer:
        journal = PageJournal(producer, embedded_broker.bootstrap)
        yield Outage(DirectPages(journal, {"pager": pager}, Desk(), TIERS, TwoWards(), ""), pager)


def moved(issue: DetectedIssue, **more: Any) -> DetectedIssue:
    """Nothing is new about it but the ward."""
    again = {"transition": Transition.REPUBLISHED, "ward": "Surgery 1", "at": issue.at + timedelta(minutes=1)}
    return issue.model_copy(update=again | more)


async def test_who_is_responsible_now_is_told_under_the_id_that_the_store_will_give(outage: Outage) -> None:
    await outage.says(FIRST, moved(FIRST))
    assert await outage.becomes_free() == [(f"{NAME}:1:1:0:surgery-0/pager", FIRST.text)]
    assert [message.ward for message in outage.pager.told] == ["Surgery 1"]


async def test_what_eased_and_moved_before_anybody_was_told_goes_to_the_new_ward(outage: Outage) -> None:
    await outage.says(FIRST, changed(FIRST, Transition.EASED, ward="Surgery 1", text="less"))
    assert await outage.becomes_free() == [(f"{NAME}:1:1:0:surgery-0/pager", "less")]


async def test_what_eased_below_the_loudest_tier_and_comes_back_elsewhere_goes_to_the_new_ward(
    outage: Outage,
) -> None:
    eased = changed(FIRST, Transition.EASED, severity=Severity.MODERATE, ward="Surgery 1")
    again = changed(eased, Transition.WORSENED, severity=FIRST.severity, told_before=1)
    await outage.says(FIRST, eased, again)
    assert [delivery for delivery, _ in await outage.becomes_free()] == [f"{NAME}:1:1:0:surgery-0/pager"]


async def test_where_no_ward_is_known_any_more_those_of_the_last_one_are_told(outage: Outage) -> None:
    await outage.says(FIRST, changed(FIRST, Transition.EASED, ward=""))
    assert [delivery for delivery, _ in await outage.becomes_free()] == [f"{NAME}:1:1:0:neurology-0/pager"]


async def test_who_was_told_before_the_move_is_not_told_again_nor_is_anybody_of_the_new_ward(
    outage: Outage,
) -> None:
    outage.pager.free = True
    await outage.says(FIRST, moved(FIRST))
    assert [message.delivery for message in outage.pager.told] == [f"{NAME}:1:1:0:neurology-0/pager"]


class Webhooks(TwoWards):
    """The same wards, told by webhook."""

    def resolve(self, refs: Any, now: datetime) -> tuple[Target, ...]:
        return tuple(Target(target.person, "webhook") for target in super().resolve(refs, now))


@pytest.mark.redis
async def test_the_store_that_is_back_pages_nobody_of_the_old_ward_and_nobody_again(
    outlasting: Settings, own_store: LocalStore, pager: Pager
) -> None:
    desk = await desk_of(own_store)
    url = await pager.start()
    async with Engine(outlasting.kafka) as engine, on_duty(outlasting, url, StringIO(), Webhooks()):
        await engine.says(contraindicated("before"))
        await until(desk, lambda alert: len(alert.told) == 1, "before")
        own_store.kill()
        soon = datetime.now(UTC) + timedelta(seconds=6)
        raised = contraindicated("during").model_copy(update={"page_from": soon})
        await engine.says(raised, moved(raised))
        while NAME not in pager.alerts:
            await pager.until(len(pager.received) + 1)
        own_store.start()
        alert = await until(desk, lambda alert: bool(alert.told), "during")
        await engine.says(contraindicated("after"))
        await until(desk, lambda alert: bool(alert.told), "after")
    told = [received for received in pager.received if received.content["alert"] == NAME]
    assert [page.delivery for page in told] == [f"{NAME}:1:1:0:surgery-0/webhook"]
    assert alert.told == (Target("surgery-0", "webhook"),)
    assert alert.ward == "Surgery 1"
    await desk.store.connection.close()
