"""Steps and ends of acknowledgements by the store's own clock, through whole notifiers that come and go."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest

from schemas.alerts import AlertState
from schemas.base import TimeDomain
from services.notifier.policy.plan import Plan, Step, Target
from services.notifier.settings import Settings
from tests.notifier.broker import Engine
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty, told_by, until
from tests.notifier.pager import Pager
from tests.notifier.ward_policy import WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
PLAN = Plan("quick", (Step(0, ("screen",)), Step(2, ("pager",))), rounds=3, fallback=("pager",), ack_s=2)
DUTY = {"screen": (Target("nurse-7", "terminal"),), "pager": (Target("doctor-2", "webhook"),)}


async def test_a_page_goes_on_to_the_next_step_though_the_notifier_that_sent_it_is_gone(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    policy, address, screen = WardPolicy(PLAN, DUTY), await pager.start(), StringIO()
    now = datetime.now(UTC)
    async with Engine(settings.kafka) as engine:
        async with on_duty(settings, address, screen, policy):
            await engine.says(finding(time_domain=TimeDomain.LIVE, at=now, raised_at=now, page_from=now))
            await until(desk, lambda alert: "terminal" in told_by(alert))
        async with on_duty(replace(settings, group="another"), address, screen, policy):
            await until(desk, lambda alert: "webhook" in told_by(alert))
            events = await desk.events()
    assert events.count("paged") == 1
    assert events[:2] == ["raised", "paged"]
    assert "escalated" in events
    assert (await pager.until(1))[0].content["kind"] == "page"


async def test_an_acknowledgement_that_nobody_renews_ends_and_the_next_step_is_told(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    policy, screen = (
        WardPolicy(replace(PLAN, steps=(Step(0, ("screen",)), Step(3_600, ("pager",)))), DUTY),
        StringIO(),
    )
    now = datetime.now(UTC)
    async with (
        Engine(settings.kafka) as engine,
        on_duty(settings, await pager.start(), screen, policy),
    ):
        await engine.says(finding(time_domain=TimeDomain.LIVE, at=now, raised_at=now, page_from=now))
        await until(desk, lambda alert: "terminal" in told_by(alert))
        assert (await desk.acknowledge(actor="nurse-7")).result == "done"
        await until(desk, lambda alert: alert.state is not AlertState.ACKNOWLEDGED)
        alert = await until(desk, lambda alert: "webhook" in told_by(alert))
        events = await desk.events()
    assert (alert.level, alert.acked_by) == (2, "")
    assert events[events.index("acknowledged") :][:3] == ["acknowledged", "lease-ended", "escalated"]
