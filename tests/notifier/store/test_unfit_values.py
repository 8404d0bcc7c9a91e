"""What fits nowhere neither ends the notifier nor keeps the next finding from being told."""

from dataclasses import dataclass, replace

import pytest

from schemas.issues import DetectedIssue, MonitoringSeen, RecordsLost
from services.notifier.channels import Outcome
from services.notifier.findings.partitions import Partitions
from services.notifier.findings.pipeline import Pipeline
from services.notifier.store.identifiers import SYSTEM_PATIENT
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, TIERS, after, finding
from tests.notifier.channels.test_webhook import PAGE, attempt
from tests.notifier.desk import Desk
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.asyncio]

LONG_NAME, LONG_TEXT = "n" * 512, "t" * 2_000


@dataclass(frozen=True)
class Record:
    value: bytes
    offset: int
    topic: str = "detected-issues"
    partition: int = 3
    key: bytes | None = b"key"


async def taken(desk: Desk, *issues: DetectedIssue | MonitoringSeen | RecordsLost) -> list[str]:
    """The pipeline takes them one after the other; the reasons of what it refused."""
    reasons: list[str] = []

    async def reject(_record: object, reason: str, _detail: str) -> None:
        reasons.append(reason)

    once = TechnicalAlerts(desk.store, desk.reader, TIERS, DESK_POLICY).once
    pipeline = Pipeline(desk.store, TIERS, DESK_POLICY, Partitions(), reject, once)
    for offset, issue in enumerate(issues):
        await pipeline.take(Record(issue.model_dump_json().encode(), offset), desk.epochs)
    return reasons


@pytest.mark.redis
@pytest.mark.parametrize("stated", [{"why": LONG_TEXT}, {"topic": LONG_NAME}], ids=["reason", "topic"])
async def test_a_loss_whose_words_are_too_long_for_an_alert_calls_somebody_all_the_same(
    desk: Desk, stated: dict[str, str]
) -> None:
    loss = RecordsLost(
        **{"topic": "patient-events", "partition": 2, "first": 3, "last": 9, "why": "removed", **stated},
        at=after(),
    )
    assert await taken(desk, loss, loss, finding()) == []
    told = {alert.check: alert for alert in await desk.reader.alerts()}
    assert told.keys() == {"technical", "cumulative-dose"}
    assert "7 records of " in told["technical"].text
    assert len(await desk.orders(SYSTEM_PATIENT)) == 2


@pytest.mark.redis
async def test_a_finding_with_a_number_beyond_all_bounds_is_refused_and_the_next_one_told(desk: Desk) -> None:
    assert await taken(desk, finding(issue_id="1" * 32, evidence={"sum": 2**70}), finding()) == [
        "unusable-value"
    ]
    (told,) = await desk.reader.alerts()
    assert (told.check, len(await desk.orders())) == ("cumulative-dose", 2)
    assert (await desk.store.furthest("detected-issues"))[3] == 1


@pytest.mark.redis
async def test_a_state_with_a_long_text_is_told_once_and_ends(desk: Desk) -> None:
    technical = TechnicalAlerts(desk.store, desk.reader, TIERS, DESK_POLICY)
    for _ in range(2):
        await technical.raise_(f"disk:{LONG_NAME}", LONG_TEXT + LONG_TEXT)
    await technical.raise_(f"disk:{LONG_NAME}2", LONG_TEXT)
    first, second = sorted(await desk.reader.alerts(), key=lambda alert: len(alert.text), reverse=True)
    assert (first.revision, second.revision) == (1, 1)
    await technical.settle(f"disk:{LONG_NAME}", "There is room again")
    assert [alert.id for alert in await desk.reader.alerts()] == [second.id]


async def test_a_delivery_that_a_header_cannot_hold_is_told_by_its_escaped_id(pager: Pager) -> None:
    page = replace(PAGE, delivery="0a-technical-source-silent:Zürich 100%\n:1:1:0:desk/webhook")
    assert (await attempt(pager, message=page)).outcome is Outcome.DELIVERED
    assert [received.delivery for received in pager.received] == [
        "0a-technical-source-silent:Z%C3%BCrich%20100%25%0A:1:1:0:desk/webhook"
    ]
