"""Two notifiers on duty are ended and begun again in turn while findings come in: nobody notices."""

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.base import Severity, TimeDomain
from schemas.issues import DetectedIssue
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from services.notifier.settings import Settings
from services.notifier.store.identifiers import alert_id
from tests.notifier.broker import Engine
from tests.notifier.builders import finding
from tests.notifier.pager import Pager
from tests.notifier.test_crashes import process

pytestmark = [pytest.mark.redis, pytest.mark.kafka, pytest.mark.asyncio]

_TURNS = 4
_A_TURN = 60


def findings(turn: int) -> list[DetectedIssue]:
    """What the engine finds within one turn, due to page at once."""
    now = datetime.now(UTC)
    return [
        finding(
            issue_id=f"issue-{turn}-{number}",
            patient=f"patient-{number % 40}",
            severity=Severity.CONTRAINDICATED,
            time_domain=TimeDomain.LIVE,
            at=now,
            raised_at=now,
            page_from=now,
        )
        for number in range(_A_TURN)
    ]


async def paged(pager: Pager, alerts: set[str]) -> None:
    """Wait until each of these alerts was paged."""
    while not alerts <= pager.alerts:
        await pager.until(len(pager.received) + 1)


@pytest.mark.slow
async def test_restarted_one_after_the_other_under_load_they_page_everything_once(
    own_kafka: RealKafka, store_url: str, pager: Pager
) -> None:
    ensure_topics(own_kafka.bootstrap, 4)
    settings = replace(Settings(), kafka=own_kafka.bootstrap, redis=store_url)
    url, expected, codes = await pager.start(), set[str](), []
    async with AsyncExitStack() as stack, Engine(settings.kafka) as engine:

        async def begun() -> asyncio.subprocess.Process:
            module = "tests.notifier.announcing_notifier"
            beginning = await stack.enter_async_context(process(module, settings, url))
            assert beginning.stdout is not None
            assert await beginning.stdout.readline() == b"reading\n"
            return beginning

        on_duty = [await begun(), await begun()]
        for turn in range(_TURNS):
            found = findings(turn)
            expected |= {alert_id(issue.patient, issue.issue_id) for issue in found}
            await engine.says(*found[: _A_TURN // 2])
            ending = on_duty[turn % 2]
            ending.terminate()
            await engine.says(*found[_A_TURN // 2 :])
            began = time.monotonic()
            async with asyncio.timeout(10):
                codes.append(await ending.wait())
            print(f"gone after {time.monotonic() - began:.1f} s")  # noqa: T201  (a figure for pytest -rP)
            on_duty[turn % 2] = await begun()
            await paged(pager, expected)
    assert codes == [0] * _TURNS
    about = [received for received in pager.received if received.content["check"] != "technical"]
    assert {received.content["kind"] for received in about} == {"page"}
    assert set(Counter(received.delivery for received in about).values()) == {1}
    assert {received.content["alert"] for received in about} == expected
