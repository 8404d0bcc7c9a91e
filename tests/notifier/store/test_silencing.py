"""Silences that people make while the notifier runs: bounded, counted, shown, ended early, and never lost."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
import pytest_asyncio

from schemas.alerts import ActionKind
from schemas.base import Severity, TimeDomain
from schemas.issues import DetectedIssue
from services.notifier.policy.in_force import PolicyInForce
from services.notifier.record.rebuilding import rebuild
from services.notifier.silencing.book import SilencedPolicy
from services.notifier.silencing.keeping import HeldBack, Silences
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id, tags_of_partition
from services.notifier.store.powers import Powers, listed
from tests.notifier.builders import DESK_POLICY, finding
from tests.notifier.desk import ALERT, PARTITION, PARTITIONS, Desk
from tests.notifier.policy.written import PEOPLE, ROUTES, put
from tests.notifier.relaying import Relaying
from tests.notifier.store.test_who_may_answer import MAY
from tests.notifier.test_alerts_command import command

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
WARD, CHECK, WHY = "Neurology 2", "cumulative-dose", "pumps are exchanged"
TWO_HOURS = timedelta(hours=2)


def low(**changes: Any) -> DetectedIssue:
    """A live finding of tier 3, which settled a second ago, by whichever clock."""
    now = datetime.now(UTC)
    settled = now - timedelta(seconds=1)
    given = {"severity": Severity.MODERATE, "time_domain": TimeDomain.LIVE, "at": now, "page_from": settled}
    return finding(**{**given, **changes})


class Ward:
    """A desk, its silences, and a notifier that looks at them when told to."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.silences = Silences(desk.store.connection)
        self.book = SilencedPolicy(DESK_POLICY, self.silences)
        desk.policy = self.book

    async def silenced(self, lasts: timedelta = TWO_HOURS, ward: str = WARD, check: str = CHECK) -> str:
        name, answer = await self.silences.begin(ward, check, WHY, "charge-nurse", lasts)
        assert answer.result == "done"
        await self.book.look()
        return name

    async def timers(self) -> None:
        shards = tags_of_partition(PARTITION, PARTITIONS)
        await self.desk.timers.take(TimeDomain.LIVE, PARTITION, 0, shards)


@pytest_asyncio.fixture
async def ward(desk: Desk) -> Ward:
    return Ward(desk)


async def test_a_low_alert_waits_is_listed_with_the_reason_and_counted(ward: Ward, store_url: str) -> None:
    name = await ward.silenced()
    await ward.desk.hear(low())
    await ward.timers()
    assert await ward.desk.orders() == []
    assert await ward.silences.held_back(name) == HeldBack(total=1, now=1)
    listed_ = (await command(store_url, "list")).stdout
    assert f"waits: silenced by charge-nurse: {WHY}" in listed_
    assert "not paged: silence" in listed_


@pytest.mark.parametrize("severity", [Severity.CONTRAINDICATED, Severity.MAJOR])
async def test_what_cannot_wait_is_told(ward: Ward, severity: Severity) -> None:
    name = await ward.silenced()
    await ward.desk.hear(low(severity=severity))
    assert len(await ward.desk.orders()) == 2
    assert await ward.silences.held_back(name) == HeldBack(total=0, now=0)


async def test_another_ward_or_check_is_told(ward: Ward) -> None:
    await ward.silenced(check="renal-dose")
    await ward.silenced(ward="Neurology 3")
    await ward.desk.hear(low())
    assert len(await ward.desk.orders()) == 2


async def test_ending_it_early_tells_what_waits_at_once(ward: Ward) -> None:
    name = await ward.silenced()
    await ward.desk.hear(low())
    assert (await ward.silences.end(name, "charge-nurse", "done")).result == "done"
    await ward.book.look()
    await ward.timers()
    assert len(await ward.desk.tell()) == 2
    assert await ward.silences.held_back(name) == HeldBack(total=1, now=0)
    assert (await ward.silences.end(name, "charge-nurse")).result == "over"


async def test_what_another_notifier_let_wait_after_the_end_is_let_go_when_it_looks(ward: Ward) -> None:
    name = await ward.silenced()
    await ward.silences.end(name, "charge-nurse")
    await ward.desk.hear(low())
    await ward.timers()
    assert await ward.desk.orders() == []
    await ward.book.look()
    await ward.timers()
    assert len(await ward.desk.orders()) == 2


async def test_what_has_not_settled_yet_goes_on_settling(ward: Ward) -> None:
    name = await ward.silenced()
    await ward.desk.hear(low(page_from=datetime.now(UTC) + timedelta(minutes=30)))
    await ward.silences.end(name, "charge-nurse")
    await ward.book.look()
    await ward.timers()
    assert await ward.desk.orders() == []
    (due,) = await ward.desk.reader.due([await ward.desk.alert()])
    assert due is not None
    assert timedelta(minutes=29) < due - datetime.now(UTC) < timedelta(minutes=31)


async def test_what_somebody_holds_is_not_told_again_by_the_end_of_a_silence(ward: Ward) -> None:
    name = await ward.silenced()
    await ward.desk.hear(low())
    await ward.desk.acknowledge(actor="nurse-7")
    before = await ward.desk.reader.due([await ward.desk.alert()])
    await ward.silences.end(name, "charge-nurse")
    assert await ward.desk.reader.due([await ward.desk.alert()]) == before


async def test_the_end_of_a_silence_does_not_hurry_the_step_that_follows_what_was_told(ward: Ward) -> None:
    name = await ward.silenced(timedelta(milliseconds=300))
    await ward.desk.hear(low())
    async with asyncio.timeout(30):
        while not await ward.desk.orders():
            await ward.timers()
    assert await ward.silences.held_back(name) == HeldBack(total=1, now=0)
    before = await ward.desk.reader.due([await ward.desk.alert()])
    await ward.book.look()
    assert await ward.silences.all() == []
    assert await ward.desk.reader.due([await ward.desk.alert()]) == before


async def test_its_time_ends_it(ward: Ward) -> None:
    name = await ward.silenced(timedelta(milliseconds=1))
    async with asyncio.timeout(30):
        while await ward.silences.all():
            await ward.book.look()
    (kept,) = await ward.silences.all(ended=True)
    assert (kept.silence.id, kept.ended) == (name, True)
    await ward.desk.hear(low())
    assert len(await ward.desk.orders()) == 2


async def test_it_has_a_history_with_who_and_why(ward: Ward) -> None:
    name = await ward.silenced()
    await ward.silences.end(name, "nurse-8", "pumps are back")
    history = await ward.desk.reader.history(alert_id(SYSTEM_PATIENT, f"silence-{name}"))
    assert [(line.event, line.actor, line.note) for line in history] == [
        ("raised", "charge-nurse", WHY), ("resolved", "nurse-8", "pumps are back"),
    ]  # fmt: skip
    assert history[0].because == f"Alerts of tier 3 of {CHECK} on ward {WARD} wait for 2 h: {WHY}"


async def test_more_than_twelve_hours_are_refused_and_that_is_kept(ward: Ward) -> None:
    name, answer = await ward.silences.begin(WARD, CHECK, WHY, "nurse-8", timedelta(hours=12, seconds=1))
    assert (answer.result, answer.detail) == ("refused", "too-long")
    (line,) = await ward.desk.reader.history(alert_id(SYSTEM_PATIENT, f"silence-{name}"))
    assert (line.event, line.actor, line.because) == ("silence-refused", "nurse-8", "too-long")
    assert await ward.silences.all(ended=True) == []


async def test_nobody_acknowledges_a_silence(ward: Ward, store_url: str) -> None:
    silence = alert_id(SYSTEM_PATIENT, f"silence-{await ward.silenced()}")
    answer = await ward.desk.act(ActionKind.ACKNOWLEDGE, alert=silence)
    assert (answer.result, answer.detail) == ("refused", "a-silence")
    result = await command(store_url, "ack", silence)
    assert "alerts silence end" in result.stderr


@pytest.mark.embedded
async def test_an_emptied_store_knows_its_silences_again(ward: Ward, relaying: Relaying) -> None:
    name, over = await ward.silenced(), await ward.silenced(check="renal-dose")
    await ward.silences.end(over, "charge-nurse")
    before = await ward.silences.all()
    await relaying.relay()
    await ward.desk.store.connection.client.flushall()
    ward.desk.epochs = await ward.desk.store.begin()
    await rebuild(relaying.kafka, ward.desk.store, None)
    assert await ward.silences.all() == before
    await ward.book.look()
    await ward.desk.hear(low())
    assert await ward.desk.orders() == []
    assert await ward.silences.held_back(name) == HeldBack(total=1, now=1)
    assert [line.event for line in await relaying.history() if "silence" in line.alert_id] == [
        "raised", "raised", "resolved",
    ]  # fmt: skip


ADD = ("silence", "add", "--ward", "3", "--check", "duplicate-therapy", "--hours", "2", "--reason", WHY)


async def test_the_command_makes_lists_and_ends_one(ward: Ward, store_url: str) -> None:
    made = await command(store_url, *ADD, "--actor", "boss")
    assert made.exit_code == 0
    name = made.stdout.split()[1].rstrip(":")
    (one,) = orjson.loads((await command(store_url, "silence", "list", "--json")).stdout)
    assert (one["id"], one["ward"], one["check"], one["by"], one["reason"], one["held_back"]) == (
        name, "3", "duplicate-therapy", "boss", WHY, 0,
    )  # fmt: skip
    assert (await command(store_url, "silence", "end", name, "--actor", "boss")).exit_code == 0
    listed_ = await command(store_url, "silence", "list")
    assert "No silence holds." in listed_.stderr
    assert "over" in (await command(store_url, "silence", "list", "--all")).stdout
    assert (await command(store_url, "silence", "end", "nothing")).exit_code == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--hours", "13"), "13"),
        (("--check", "duplicate-terapy"), "duplicate-therapy"),
        (("--reason", "x"), "characters"),
    ],
)
async def test_a_silence_without_bounds_is_wrong_usage(
    ward: Ward, store_url: str, wrong: tuple[str, ...], said: str
) -> None:
    result = await command(store_url, *ADD, *wrong)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--actor", "somebody"), "does not name somebody"),
        (("--actor", "n-1"), "the role of n-1 may not silence"),
        (("--actor", "boss", "--ward", "33"), "lists no such ward"),
    ],
)
async def test_whoever_may_not_silence_is_refused(
    ward: Ward, store_url: str, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    policy = PolicyInForce(put(tmp_path, {"people.yaml": PEOPLE + MAY}), frozenset({"webhook", "smtp"}))
    await Powers(lambda: listed(policy)).publish(ward.desk.store.connection)
    result = await command(store_url, *ADD, *more)
    assert result.exit_code == 1
    assert said in result.stderr
    assert (await command(store_url, *ADD, "--actor", "boss")).exit_code == 0


async def test_an_alert_that_escalates_waits_for_a_silence_that_came_later(ward: Ward) -> None:
    await ward.desk.hear(low())
    await ward.desk.tell()
    await ward.desk.act(ActionKind.DECLINE, actor="nurse-7", alert=ALERT)
    name = await ward.silenced()
    await ward.timers()
    assert await ward.desk.orders() == []
    assert await ward.silences.held_back(name) == HeldBack(total=1, now=1)
    await ward.silences.end(name, "charge-nurse")
    await ward.book.look()
    await ward.timers()
    assert len(await ward.desk.orders()) == 2


async def test_what_waits_for_a_silence_of_the_files_goes_on_when_it_is_taken_out(
    desk: Desk, tmp_path: Path
) -> None:
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    begins, ends = (f"{now + timedelta(hours=hours):%Y-%m-%d %H:%M}" for hours in (-3, 3))
    row = f"""\
silences:
  - {{id: pumps, ward: "3", check: {CHECK}, begins: {begins}, ends: {ends}, by: n-1, reason: {WHY}}}
"""
    files = {"silences.yaml": row, "routes.yaml": ROUTES[: ROUTES.index("quiet_hours")]}
    site = PolicyInForce(put(tmp_path, files), frozenset({"webhook", "smtp"}))
    ward = Ward(desk)
    desk.policy = ward.book = SilencedPolicy(site, ward.silences, site.silences)
    await desk.hear(low(ward="3"))
    await ward.book.look()
    await ward.timers()
    assert await desk.orders() == []
    put(tmp_path, {"silences.yaml": "silences: []\n", "routes.yaml": files["routes.yaml"]})
    site.replace(site.read())
    await ward.book.look()
    await ward.timers()
    assert await desk.orders() != []
