"""A notifier whose store holds values that make no sense stays on duty, says so, and tells the rest."""

import asyncio
from io import StringIO

import pytest

from schemas.issues import Transition
from services.notifier.app import Notifier
from services.notifier.record import reconciling
from services.notifier.settings import Settings
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id, key, tag_of
from tests.notifier.broker import Engine
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty, told_by, until
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
BOTH = {"terminal", "webhook"}
FIELDS = {
    "level": "many", "tier": "loud", "plan": "{", "rev": "-", "raised_at": "9" * 30, "st": "gone",
    "dom": "dream", "told_at": "soon", "part": "x", "step": "", "told": ",,", "unpaged": "yes",
    "acked_at": "never", "ovr_until": "?",
}  # fmt: skip
COUNTS = {"ep": "nonsense", "seq": "nonsense"}
TYPES = {"a": ("1",), "i": ()}


async def damage(desk: Desk) -> None:
    """Of each alert another value, of one all: it is a word now."""
    client, tag = desk.store.connection.client, tag_of(PATIENT)
    for name, value in FIELDS.items():
        await client.hset(key(tag, "a", alert_id(PATIENT, name), "1"), name, value)
    for name, value in COUNTS.items():
        await client.hset(key(tag, "i", alert_id(PATIENT, name)), name, value)
    for issue_id, rest in TYPES.items():
        await client.set(key(tag, issue_id, alert_id(PATIENT, issue_id), *rest), "a word")


async def looked_over(notifier: Notifier) -> None:
    """The store was counted, and twice compared with the topics: what has no snapshot shows then."""
    async with asyncio.timeout(60):
        while notifier.wellbeing.observed() is None or not notifier.counters.registry.get_sample_value(
            "dosewarden_reconciler_drift_total", {"kind": "unrecorded"}
        ):
            await notifier.store.now_ms()


async def test_the_notifier_stays_on_duty(
    settings: Settings, pager: Pager, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "_EVERY_S", 0.5)
    names, url = [*FIELDS, *COUNTS, *TYPES], await pager.start()
    async with Engine(settings.kafka) as engine:
        async with on_duty(settings, url, StringIO()) as notifier:
            for name in names:
                await engine.says(finding(issue_id=name))
            for name in names:
                await until(desk, lambda alert: told_by(alert) == BOTH, name)
            await damage(desk)
            for name in names:
                await engine.says(finding(Transition.WORSENED, 2, issue_id=name))
            await engine.says(finding(issue_id="whole"))
            await until(desk, lambda alert: told_by(alert) == BOTH, "whole")
            await looked_over(notifier)
        async with on_duty(settings, url, StringIO()) as notifier:
            await engine.says(finding(issue_id="after a start"))
            await until(desk, lambda alert: told_by(alert) == BOTH, "after a start")
            await looked_over(notifier)
    told = await desk.reader.exactly(alert_id(SYSTEM_PATIENT, "technical-unreadable-alert"))
    assert told.text.startswith("An alert in the store cannot be read")
