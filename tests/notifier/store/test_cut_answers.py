"""A client that never got its answer asks again, and everything happens once all the same."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from schemas.alerts import ActionKind, OverrideReason
from schemas.issues import Transition
from services.notifier.findings.change import milliseconds
from services.notifier.store.alert_store import AlertStore, Measured
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import alert_id, key, tags
from services.notifier.store.reading import AlertReader
from tests.notifier.builders import after, finding
from tests.notifier.cutting_proxy import cutting
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import WardPolicy

Made = TypeVar("Made")
pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
# One answer in 20 is cut; `python -m benchmarks.cut_answers` does it with thousands of alerts.
ALERTS = 24
_AT_ONCE = 32

_ANSWERS: tuple[Callable[[Desk, str], Any], ...] = (
    lambda desk, alert: desk.acknowledge(alert=alert, command=f"a {alert}"),
    lambda desk, alert: desk.act(ActionKind.DECLINE, alert=alert, command=f"d {alert}"),
    lambda desk, alert: desk.override(
        alert=alert, command=f"o {alert}", reason=OverrideReason.WILL_MONITOR, hours=1
    ),
    lambda desk, alert: desk.act(ActionKind.HAND_OVER, alert=alert, command=f"h {alert}", to="nurse-8"),
)


async def each(calls: list[Coroutine[Any, Any, Made]]) -> list[Made]:
    """The answers of calls for different alerts, some dozens at a time."""
    answers: list[Made] = []
    for start in range(0, len(calls), _AT_ONCE):
        answers += await asyncio.gather(*calls[start : start + _AT_ONCE])
    return answers


async def story(url: str, alerts: int) -> tuple[list[list[tuple[str, str]]], list[str], list[str]]:
    """Findings, steps, answers of every kind and corrections: the trails, the orders and the alarms."""
    connection = Connection(url, patience_s=120)
    store = AlertStore(connection)
    desk = Desk(store, AlertReader(connection), await store.begin(), WardPolicy())
    names = [alert_id(f"patient-{number}", f"{number:032x}") for number in range(alerts)]

    async def hear(transition: Transition, revision: int, minutes: int, which: slice) -> None:
        for number in range(alerts)[which]:
            await desk.hear(
                finding(
                    transition,
                    revision,
                    issue_id=f"{number:032x}",
                    patient=f"patient-{number}",
                    at=after(minutes=minutes),
                ),
            )

    await hear(Transition.RAISED, 1, 0, slice(None))
    await desk.pass_time(after(minutes=5), tags())
    seen_ms = milliseconds(after(minutes=6))
    await each([_ANSWERS[number % len(_ANSWERS)](desk, alert) for number, alert in enumerate(names)])
    await each([store.hear_of_monitoring([Measured(alert, 1, "a level", seen_ms)]) for alert in names])
    for minutes in (6, 21, 40, 70, 130):
        await desk.pass_time(after(minutes=minutes), tags())
    await hear(Transition.WORSENED, 2, 131, slice(0, None, 3))
    await hear(Transition.WITHDRAWN, 2, 132, slice(1, None, 3))
    histories = await each([desk.reader.history(alert) for alert in names])
    trails = [[(line.event, line.state) for line in history] for history in histories]
    orders = [order["did"] for tag in tags() for _, order in await connection.entries(key(tag, "out"))]
    await connection.close()
    return trails, sorted(orders), sorted(set(desk.alarms))


async def test_every_call_is_effective_once_though_one_answer_in_twenty_never_comes(store_url: str) -> None:
    expected = await story(store_url, ALERTS)
    direct = Connection(store_url)
    await direct.client.flushall()
    await direct.close()
    async with cutting(store_url, one_in=20) as proxy:
        assert await story(proxy.url, ALERTS) == expected
    assert proxy.cuts > ALERTS / 4
    assert len(expected[1]) == len(set(expected[1])) > 2 * ALERTS
