"""The store is away, and one of two notifiers dies: the other tells what the dead one would have told."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from schemas.issues import DetectedIssue
from schemas.topics import partition_of
from services.launcher.servers.local_store import LocalStore
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from services.notifier.settings import Settings
from services.notifier.store.identifiers import alert_id
from tests.notifier.broker import Engine
from tests.notifier.degraded.test_direct_pages import contraindicated
from tests.notifier.pager import Pager
from tests.notifier.test_crashes import process

pytestmark = [pytest.mark.redis, pytest.mark.kafka, pytest.mark.slow, pytest.mark.asyncio]
_PARTITIONS = 4


async def test_who_is_left_tells_the_loudest_findings_of_every_partition(
    own_kafka: RealKafka, own_store: LocalStore, pager: Pager
) -> None:
    ensure_topics(own_kafka.bootstrap, _PARTITIONS)
    settings = replace(Settings(), kafka=own_kafka.bootstrap, redis=own_store.url)
    url = await pager.start()
    names = [f"patient-{number}" for number in range(16)]
    assert {partition_of(name, _PARTITIONS) for name in names} == set(range(_PARTITIONS))
    async with AsyncExitStack() as stack, Engine(settings.kafka) as engine:
        notifiers = []
        for _ in range(2):
            running = await stack.enter_async_context(
                process("tests.notifier.announcing_notifier", settings, url)
            )
            assert running.stdout is not None
            assert await running.stdout.readline() == b"reading\n"
            notifiers.append(running)
        found: list[DetectedIssue] = []

        async def says_and_waits(*patients: str) -> None:
            raised = [
                contraindicated(f"issue-{name}").model_copy(update={"patient": name}) for name in patients
            ]
            found.extend(raised)
            await engine.says(*raised)
            wanted = {alert_id(issue.patient, issue.issue_id) for issue in raised}
            async with asyncio.timeout(120):
                while not wanted <= pager.alerts:
                    await pager.until(len(pager.received) + 1)

        await says_and_waits(*names[:4])
        own_store.kill()
        await says_and_waits(*names[4:8])
        notifiers[0].kill()
        await says_and_waits(*names[8:])
    about = [received for received in pager.received if received.content["check"] != "technical"]
    pages = [page.delivery for page in about if page.content["kind"] == "page"]
    assert {page for page in pages if pages.count(page) > 1} == set()
    # The store may go some moments before who is left notices.
    certain = {alert_id(issue.patient, issue.issue_id) for issue in found[8:]}
    assert certain <= {page.content["alert"] for page in about if page.content["kind"] == "page"}
    assert not certain & {page.content["alert"] for page in about if page.content["kind"] == "repeat"}
