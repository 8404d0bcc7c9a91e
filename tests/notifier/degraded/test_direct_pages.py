"""While the store is away the loudest findings are told all the same, and nobody twice when it is back."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest

from schemas.alerts import AlertState
from schemas.base import Severity, TimeDomain
from schemas.issues import DetectedIssue, Transition
from schemas.topics import PAGE_JOURNAL
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.local_store import LocalStore
from services.notifier.findings.consumer import IssueConsumer
from services.notifier.findings.pipeline import Pipeline
from services.notifier.settings import Settings
from services.notifier.store.alert_store import AlertStore, Epochs
from services.notifier.store.connection import Connection, StoreUnavailable
from services.notifier.store.identifiers import alert_id
from services.notifier.store.reading import AlertReader
from services.stream.records import Record
from tests.notifier.broker import Engine, read_topic
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk
from tests.notifier.duty import QUICK, on_duty, until
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


@pytest.fixture
def outlasting(embedded_broker: EmbeddedBroker, own_store: LocalStore) -> Settings:
    """A notifier that waits a second for its store, not fifteen."""
    return replace(
        Settings(),
        kafka=embedded_broker.bootstrap,
        redis=own_store.url,
        heartbeat_limit_s=3600,
        lease_s=2,
        retry=QUICK,
        store_patience_s=1,
    )


def now_due(issue: str, severity: Severity) -> DetectedIssue:
    """A live finding, due at once."""
    now = datetime.now(UTC)
    return finding(
        issue_id=issue, severity=severity, time_domain=TimeDomain.LIVE, at=now, raised_at=now, page_from=now
    )


def contraindicated(issue: str) -> DetectedIssue:
    """Of tier 1."""
    return now_due(issue, Severity.CONTRAINDICATED)


async def desk_of(store: LocalStore) -> Desk:
    made = AlertStore(Connection(store.url, patience_s=30))
    return Desk(made, AlertReader(made.connection), await made.begin())


async def test_tier_one_is_told_without_the_store_and_not_again_with_it(
    outlasting: Settings, own_store: LocalStore, pager: Pager
) -> None:
    desk = await desk_of(own_store)
    async with Engine(outlasting.kafka) as engine, on_duty(outlasting, await pager.start(), StringIO()):
        await engine.says(contraindicated("before"))
        await until(desk, lambda alert: len(alert.told) == 2, "before")
        own_store.kill()
        await engine.says(contraindicated("during"), now_due("quiet", Severity.MAJOR))
        paged = (await pager.until(3))[1:]
        assert [(page.content["check"], page.content["tier"]) for page in paged] == [
            ("technical", 2), ("cumulative-dose", 1),
        ]  # fmt: skip
        own_store.start()
        told = await until(desk, lambda alert: len(alert.told) == 2, "during")
        await until(desk, lambda alert: bool(alert.told), "quiet")
    assert told.state is AlertState.NOTIFIED
    deliveries = [received.delivery for received in pager.received]
    assert len(deliveries) == len(set(deliveries)) == 4
    history = await desk.reader.history(told.id)
    assert [line.event for line in history] == ["raised", "paged", "told", "told"]
    await desk.store.connection.close()


async def test_what_the_store_took_and_told_before_it_died_over_the_chunk_is_told_again_only_as_a_repetition(
    outlasting: Settings, own_store: LocalStore, pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, url, take_all = await desk_of(own_store), await pager.start(), Pipeline.take_all
    dead = asyncio.Event()

    async def died_over(self: Pipeline, records: Sequence[Record], epochs: Epochs) -> None:
        await take_all(self, records, epochs)
        if not dead.is_set() and any(b"during" in (record.value or b"") for record in records):
            await pager.until(2)
            own_store.kill()
            dead.set()
            raise StoreUnavailable("Redis did not answer")

    monkeypatch.setattr(Pipeline, "take_all", died_over)
    async with Engine(outlasting.kafka) as engine, on_duty(outlasting, url, StringIO()):
        await engine.says(contraindicated("before"))
        await until(desk, lambda alert: len(alert.told) == 2, "before")
        await engine.says(contraindicated("during"))
        await dead.wait()
        await engine.says(contraindicated("after"))
        during, after = alert_id(PATIENT, "during"), alert_id(PATIENT, "after")
        told: list[tuple[str, str]] = []
        while after not in {alert for alert, _ in told}:
            await pager.until(len(pager.received) + (len(told) > 0))
            told = [(str(r.content["alert"]), str(r.content["kind"])) for r in pager.received]
        own_store.start()
        await until(desk, lambda alert: len(alert.told) == 2, "after")
    assert [kind for alert, kind in told if alert == during] == ["page", "repeat"]
    assert [kind for alert, kind in told if alert == after] == ["page"]
    assert len({r.delivery for r in pager.received if r.content["alert"] == during}) == 1
    await desk.store.connection.close()


async def test_a_finding_that_ended_while_the_store_was_away_is_taken_back_from_whom_it_was_told(
    outlasting: Settings, own_store: LocalStore, pager: Pager
) -> None:
    desk = await desk_of(own_store)
    async with Engine(outlasting.kafka) as engine, on_duty(outlasting, await pager.start(), StringIO()):
        await engine.says(contraindicated("before"))
        await until(desk, lambda alert: len(alert.told) == 2, "before")
        own_store.kill()
        wrong = contraindicated("wrong")
        await engine.says(wrong)
        await pager.until(3)
        corrected = {"open": False, "transition": Transition.WITHDRAWN, "revision": 2, "transition_id": "w"}
        await engine.says(wrong.model_copy(update=corrected))
        own_store.start()
        await until(desk, lambda alert: alert.state is AlertState.WITHDRAWN, "wrong")
        kinds = [received.content["kind"] for received in await pager.until(4)]
    assert kinds == ["page", "page", "page", "retraction"]
    await desk.store.connection.close()


async def test_a_notifier_that_dies_without_the_store_leaves_its_journal_to_the_next(
    outlasting: Settings, own_store: LocalStore, pager: Pager
) -> None:
    desk, url = await desk_of(own_store), await pager.start()
    async with Engine(outlasting.kafka) as engine:
        async with on_duty(outlasting, url, StringIO()):
            await engine.says(contraindicated("before"))
            await until(desk, lambda alert: len(alert.told) == 2, "before")
            own_store.kill()
            await engine.says(contraindicated("during"))
            await pager.until(3)
            journal = await read_topic(outlasting.kafka, PAGE_JOURNAL.name, 4)
            own_store.start()
        assert any(b'"outcome":"sent"' in (value or b"") for value in journal)
        async with on_duty(outlasting, url, StringIO()):
            await until(desk, lambda alert: len(alert.told) == 2, "during")
            await engine.says(contraindicated("after"))
            await until(desk, lambda alert: len(alert.told) == 2, "after")
    deliveries = [received.delivery for received in pager.received]
    assert len(deliveries) == len(set(deliveries)) == 4
    await desk.store.connection.close()


async def test_a_notifier_that_begins_without_the_store_tells_nobody_again(
    outlasting: Settings, own_store: LocalStore, pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its group's offsets lie behind what the store knew: whoever told it was killed before it said so."""
    desk, url = await desk_of(own_store), await pager.start()
    async with Engine(outlasting.kafka) as engine:
        async with on_duty(outlasting, url, StringIO()):
            await engine.says(contraindicated("first"))
            await until(desk, lambda alert: len(alert.told) == 2, "first")
        with monkeypatch.context() as killed:
            killed.setattr(IssueConsumer, "commit", _uncommitted)
            async with on_duty(outlasting, url, StringIO()):
                await engine.says(contraindicated("before"))
                await until(desk, lambda alert: len(alert.told) == 2, "before")
        own_store.kill()
        async with on_duty(outlasting, url, StringIO()):
            await engine.says(contraindicated("during"))
            await pager.until(4)
            own_store.start()
            await until(desk, lambda alert: len(alert.told) == 2, "during")
    deliveries = [page.delivery for page in pager.received]
    assert len(deliveries) == len(set(deliveries)) == 4
    assert [page.content["check"] for page in pager.received].count("technical") == 1
    await desk.store.connection.close()


async def _uncommitted(consumer: IssueConsumer, offsets: object) -> None:
    """Killed before the commit."""
