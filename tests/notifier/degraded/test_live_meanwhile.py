"""What is first to be told while the store is away, though its record neither raises nor worsens it."""

import asyncio
from io import StringIO

import pytest

from schemas.base import Mode
from schemas.issues import Transition
from services.launcher.servers.local_store import LocalStore
from services.notifier.degraded.known_before import Before, known_before
from services.notifier.settings import Settings
from services.notifier.store.identifiers import alert_id
from tests.notifier.broker import Engine
from tests.notifier.builders import PATIENT
from tests.notifier.degraded.test_direct_pages import contraindicated, desk_of, outlasting
from tests.notifier.degraded.test_eased_meanwhile import DELIVERY, Outage, changed, outage
from tests.notifier.duty import on_duty, until
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio]
__all__ = ["outage", "outlasting"]
LIVE = contraindicated("during").model_copy(update={"transition": Transition.REPUBLISHED})
HISTORY = LIVE.model_copy(update={"transition": Transition.RAISED, "mode": Mode.BACKFILL})
NAME = alert_id(PATIENT, "during")
LISTED = Before(1, 1, told=False, quiet=True)
TOLD = Before(1, 1, told=True, quiet=False)


async def kinds(outage: Outage) -> list[tuple[str, str]]:
    await outage.becomes_free()
    return [(message.delivery, message.kind.value) for message in outage.pager.told]


async def test_what_goes_live_is_told(outage: Outage) -> None:
    await outage.says(HISTORY, LIVE)
    outage.pages.know({})
    assert await kinds(outage) == [(DELIVERY, "page")]


async def test_what_the_store_knew_of_history_and_goes_live_is_told(outage: Outage) -> None:
    await outage.says(LIVE)
    assert outage.pages.doubtful
    outage.pages.know({NAME: LISTED})
    assert await kinds(outage) == [(DELIVERY, "page")]


async def test_what_was_covered_and_is_not_any_more_is_told(outage: Outage) -> None:
    covered = contraindicated("during").model_copy(update={"covered_by": "another"})
    await outage.says(covered, changed(covered, Transition.EASED, covered_by=None))
    outage.pages.know({})
    assert await kinds(outage) == [(DELIVERY.replace(":1:1:", ":1:2:"), "page")]


async def test_what_somebody_was_told_of_and_is_published_again_tells_nobody(outage: Outage) -> None:
    await outage.says(LIVE)
    outage.pages.know({NAME: TOLD})
    assert await kinds(outage) == []


async def test_what_was_told_and_was_covered_for_a_while_is_not_told_again(outage: Outage) -> None:
    covered = changed(LIVE, Transition.EASED, covered_by="another")
    await outage.says(covered, changed(covered, Transition.EASED, covered_by=None))
    outage.pages.know({NAME: TOLD})
    assert await kinds(outage) == []


async def test_what_was_told_without_the_store_and_is_published_again_tells_nobody(outage: Outage) -> None:
    outage.pager.free = True
    await outage.says(contraindicated("during"), LIVE)
    outage.pages.know({})
    assert await kinds(outage) == [(DELIVERY, "page")]


async def test_of_what_nothing_is_known_it_is_told_that_this_may_be_a_repetition(outage: Outage) -> None:
    await outage.says(LIVE)
    outage.pages.know({})
    assert await kinds(outage) == [(DELIVERY, "repeat")]


async def test_nobody_is_told_before_it_was_asked_what_was_known(outage: Outage) -> None:
    await outage.says(LIVE)
    assert await outage.becomes_free() == []


async def test_what_goes_live_and_ends_before_anybody_is_told_tells_nobody(outage: Outage) -> None:
    await outage.says(HISTORY, LIVE, changed(LIVE, Transition.RESOLVED, open=False))
    assert not outage.pages.doubtful
    outage.pages.know({})
    assert await kinds(outage) == []


@pytest.mark.redis
async def test_what_the_store_listed_goes_live_without_it_and_is_told_once(
    outlasting: Settings, own_store: LocalStore, pager: Pager
) -> None:
    desk, before, told = await desk_of(own_store), contraindicated("before"), contraindicated("told")
    listed = before.model_copy(update={"mode": Mode.BACKFILL})
    async with Engine(outlasting.kafka) as engine, on_duty(outlasting, await pager.start(), StringIO()):
        await engine.says(listed, told)
        await until(desk, lambda alert: len(alert.told) == 2, "told")
        await until(desk, lambda alert: alert.quiet == "backfill", "before")
        await keeps(outlasting.kafka, alert_id(PATIENT, "told"))
        own_store.kill()
        again = {"transition": Transition.REPUBLISHED}
        await engine.says(told.model_copy(update=again), before.model_copy(update=again))
        while alert_id(PATIENT, "before") not in pager.alerts:
            await pager.until(len(pager.received) + 1)
        own_store.start()
        await until(desk, lambda alert: len(alert.told) == 2, "before")
    pages = [page.content for page in pager.received if page.content["check"] != "technical"]
    assert [(page["alert"], page["kind"]) for page in pages] == [
        (alert_id(PATIENT, "told"), "page"), (alert_id(PATIENT, "before"), "page"),
    ]  # fmt: skip
    assert len({page.delivery for page in pager.received}) == len(pager.received)
    await desk.store.connection.close()


async def keeps(kafka: str, alert: str) -> None:
    """Wait until `alert-state` says that somebody was told of an alert."""
    async with asyncio.timeout(60):
        while not (await known_before(kafka)).get(alert, LISTED).told:
            pass
