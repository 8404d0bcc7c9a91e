"""A whole notifier by a site's policy: whom it tells, whom next, and what becomes of a changed policy."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import orjson
import pytest

from schemas.base import Severity, TimeDomain
from schemas.issues import PartitionHeartbeat
from services.notifier.alerts import Alert
from services.notifier.settings import Settings
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id, key, tag_of
from services.notifier.watching.policy_watch import REFUSED
from tests.notifier.broker import Engine
from tests.notifier.builders import ISSUE, PATIENT, after, finding
from tests.notifier.desk import ALERT, PARTITION, Desk
from tests.notifier.duty import on_duty, until
from tests.notifier.pager import Pager
from tests.notifier.policy.duty_plans import shown
from tests.notifier.policy.written import PEOPLE, changed, put

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
OTHER = "a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4"
HERE = {
    "people.yaml": PEOPLE.replace("smtp", "terminal")
    .replace(", address: n1@hospital.example", "")
    .replace(", address: boss@hospital.example", "")
    .replace(', address: "https://pager.example/n2"', "")
    .replace(', address: "https://pager.example/d1"', "")
}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """The directory of the site's policy."""
    directory = tmp_path / "policy"
    directory.mkdir()
    return put(directory, HERE)


@pytest.fixture
def by_policy(settings: Settings, office: Path) -> Settings:
    return replace(settings, policies=office)


def beat(told: datetime) -> PartitionHeartbeat:
    return PartitionHeartbeat(
        partition=PARTITION, at=after(), watermark=told, time_domain=TimeDomain.SIMULATED
    )


async def told(desk: Desk, count: int) -> set[str]:
    """Who was told of the finding, once so many were."""
    return {str(target) for target in (await until(desk, lambda alert: len(alert.told) >= count)).told}


async def technical(desk: Desk, name: str) -> Alert:
    """The alert about ourselves of this name, once somebody was told; a busy machine may raise others."""
    wanted = alert_id(SYSTEM_PATIENT, f"technical-{name}")
    trail = key(tag_of(SYSTEM_PATIENT), "evt")
    last = "0"
    async with asyncio.timeout(90):
        while not (found := [one for one in await desk.reader.alerts() if one.id == wanted and one.told]):
            entries = await desk.store.connection.streams.xread({trail: last}, block=0)
            last = str(entries[0][1][-1][0])
    return found[0]


async def test_an_alert_goes_to_who_is_on_duty_on_its_ward_and_on_to_the_next_when_nobody_answers(
    by_policy: Settings, pager: Pager, desk: Desk
) -> None:
    async with Engine(by_policy.kafka) as engine, on_duty(by_policy, await pager.start(), StringIO()):
        await engine.says(finding(ward="3"))
        assert await told(desk, 2) == {"n-1/webhook", "n-1/terminal"}
        await engine.says(beat(after(minutes=5)))
        assert await told(desk, 3) == {"n-1/webhook", "n-1/terminal", "d-1/webhook"}


async def test_low_alerts_of_one_patient_are_one_page_by_each_channel_of_who_is_on_duty(
    settings: Settings, office: Path, pager: Pager, desk: Desk
) -> None:
    low = "low_tiers: {together: 2 s, at_most: 1, within: 1 h}\nquiet_hours:"
    put(office, {**changed("quiet_hours:", low), **HERE})
    screen, by_policy = StringIO(), replace(settings, policies=office)
    async with Engine(by_policy.kafka) as engine, on_duty(by_policy, await pager.start(), screen):
        for issue in (ISSUE, OTHER):
            await engine.says(finding(ward="3", severity=Severity.MODERATE, issue_id=issue))
        assert await told(desk, 2) == {"n-1/webhook", "n-1/terminal"}
        await until(desk, lambda alert: len(alert.told) == 2, OTHER)
    (page,) = pager.received
    assert (page.content["count"], page.content["patients"], page.content["check"]) == (2, 1, "")
    assert set(page.content["alerts"]) == {alert_id(PATIENT, ISSUE), alert_id(PATIENT, OTHER)}
    (line,) = map(orjson.loads, screen.getvalue().splitlines())
    assert (line["count"], line["text"]) == (2, "")


async def test_each_person_is_told_at_their_own_address(
    by_policy: Settings, office: Path, pager: Pager, desk: Desk
) -> None:
    hers, url = Pager(), await pager.start()
    try:
        own = HERE["people.yaml"].replace(
            "{by: webhook}", f'{{by: webhook, address: "{await hers.start()}"}}', 1
        )
        put(office, {"people.yaml": own})
        async with Engine(by_policy.kafka) as engine, on_duty(by_policy, url, StringIO()):
            await engine.says(finding(ward="3"))
            assert (await hers.until(1))[0].content["ward"] == "3"
            await told(desk, 2)
            await engine.says(beat(after(minutes=5)))
            await told(desk, 3)
            assert [page.content["alert"] for page in await pager.until(1)] == [ALERT]
    finally:
        await hers.close()


async def test_an_alert_of_a_ward_that_the_policy_does_not_know_goes_to_its_owner(
    by_policy: Settings, pager: Pager, desk: Desk
) -> None:
    async with Engine(by_policy.kafka) as engine, on_duty(by_policy, await pager.start(), StringIO()):
        await engine.says(finding(ward="Neurology 2"))
        assert await told(desk, 1) == {"boss/terminal"}


async def test_what_can_wait_for_the_morning_finds_who_is_on_duty_then(
    by_policy: Settings, pager: Pager, desk: Desk
) -> None:
    night, morning = shown("2130-05-04 23:00"), shown("2130-05-05 06:00")
    async with Engine(by_policy.kafka) as engine, on_duty(by_policy, await pager.start(), StringIO()):
        await engine.says(finding(ward="3", severity=Severity.MODERATE, at=night, raised_at=night))
        await engine.says(beat(morning - timedelta(minutes=1)))
        await engine.says(finding(ward="4", at=night, issue_id=OTHER, severity=Severity.MODERATE))
        at_night = await until(desk, lambda alert: bool(alert.told), OTHER)
        assert {str(target) for target in at_night.told} == {"n-2/webhook"}
        assert (await desk.alert()).told == ()
        await engine.says(beat(morning))
        assert await told(desk, 2) == {"n-1/webhook", "n-1/terminal"}


async def test_a_changed_policy_with_faults_is_told_and_those_before_are_told_on(
    by_policy: Settings, pager: Pager, desk: Desk, office: Path
) -> None:
    people_without_boss = HERE["people.yaml"].replace("id: boss", "id: chief")
    async with (
        Engine(by_policy.kafka) as engine,
        on_duty(by_policy, await pager.start(), StringIO()) as notifier,
    ):
        await engine.says(finding(ward="3"))
        await told(desk, 2)
        put(office, {"people.yaml": people_without_boss})
        notifier.take_up_policy()
        refused = await technical(desk, REFUSED)
        assert "unknown person 'boss'" in refused.text
        await engine.says(beat(after(minutes=5)))
        assert "d-1/webhook" in await told(desk, 3)


async def test_a_notifier_does_not_start_with_a_policy_that_has_faults(office: Path) -> None:
    put(office, {**HERE, **changed("[n-2]}", "[n-9]}")})
    environment = {**os.environ, "DOSEWARDEN_POLICIES": str(office), "DOSEWARDEN_CHANNELS": "terminal"}
    command = (sys.executable, "-m", "services.notifier")
    notifier = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    _, said = await notifier.communicate()
    assert notifier.returncode == 2
    assert f"{office.as_posix()}/rotas.yaml:9: unknown person 'n-9'" in said.decode()
