"""Findings that go to the store together end as if they had come one by one, whoever dies in between."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from hiredis import pack_command

from schemas.alerts import OverrideReason
from schemas.issues import DetectedIssue, MonitoringSeen, Transition
from services.launcher.servers.local_store import LocalStore
from services.notifier.findings.change import Change, Origin
from services.notifier.findings.paging import paging_of
from services.notifier.findings.partitions import Partitions
from services.notifier.findings.pipeline import Pipeline
from services.notifier.findings.routing import routing_of
from services.notifier.store.alert_store import AlertStore, Epochs, StoreEmptied
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import alert_id, key, tag_of
from services.notifier.store.library import function
from services.notifier.store.reading import AlertReader
from services.stream.records import Record
from tests.notifier.builders import DESK_POLICY, PATIENT, TIERS, after, finding
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
PATIENTS = tuple(f"patient-{number}" for number in range(12))


@dataclass(frozen=True)
class Read:
    """A record as it was read."""

    value: bytes
    offset: int
    topic: str = "detected-issues"
    partition: int = 3
    key: bytes | None = b"key"
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class Taking:
    """A pipeline to a store, and what it refused."""

    store: AlertStore
    refused: list[tuple[int, str]] = field(default_factory=list)

    async def take(self, records: list[Read], epochs: Epochs) -> None:
        async def reject(record: Record, reason: str, _detail: str) -> None:
            self.refused.append((record.offset, reason))

        async def once(_name: str, _text: str) -> None:
            raise AssertionError("nothing was lost")

        pipeline = Pipeline(self.store, TIERS, DESK_POLICY, Partitions(), reject, once)
        await pipeline.take_all(records, epochs)


def records(*issues: DetectedIssue | MonitoringSeen, first: int = 0) -> list[Read]:
    return [Read(issue.model_dump_json().encode(), offset) for offset, issue in enumerate(issues, first)]


def measured(issue_id: str, event: str, minutes: int, **changes: object) -> MonitoringSeen:
    """A creatinine of the one patient, measured so long after the finding."""
    stated = {"issue_id": issue_id, "patient": PATIENT, "episode": 1, "event": event, "what": "creatinine"}
    return MonitoringSeen.model_validate({**stated, "at": after(minutes=minutes), **changes})


async def promised(desk: Desk, *issues: str) -> None:
    """Each is overridden by somebody who will watch."""
    for issue_id in issues:
        await desk.hear(finding(issue_id=issue_id))
        await desk.tell()
        alert = alert_id(PATIENT, issue_id)
        await desk.override(alert=alert, reason=OverrideReason.WILL_MONITOR, hours=2)


def story() -> list[DetectedIssue]:
    """Two findings of each of twelve patients, each of which worsens; most shards hold several patients."""
    raised = [
        finding(issue_id=f"{n}-{p}", patient=p, transition_id=f"r{n}{p}") for n in "ab" for p in PATIENTS
    ]
    worse = [
        finding(Transition.WORSENED, 2, issue_id=f"{n}-{p}", patient=p, transition_id=f"w{n}{p}")
        for n in "ab"
        for p in PATIENTS
    ]
    return raised + worse


def change(read: Read, issue: DetectedIssue) -> Change:
    paging = paging_of(issue, TIERS)
    routing = routing_of(issue, paging, DESK_POLICY, issue.at)
    return Change(issue, paging, routing, Origin(read.topic, read.partition, read.offset))


async def trails(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    """What happened to each alert, in its order."""
    alerts = await desk.reader.alerts()
    return {a.id: [(line.event, line.state) for line in await desk.reader.history(a.id)] for a in alerts}


async def happened(desk: Desk, issue: str) -> list[str]:
    """The events of the one alert of an issue."""
    (found,) = [trail for alert, trail in (await trails(desk)).items() if alert.endswith(issue)]
    return [event for event, _ in found]


async def all_orders(desk: Desk) -> list[str]:
    patients = {tag_of(patient): patient for patient in (*PATIENTS, PATIENT)}.values()
    return sorted([order.delivery for patient in patients for order in await desk.orders(patient)])


async def expected(
    desk: Desk, issues: list[DetectedIssue]
) -> tuple[dict[str, list[tuple[str, str]]], list[str]]:
    """What becomes of these one by one; the store is emptied afterwards."""
    for read, issue in zip(records(*issues), issues, strict=True):
        await desk.store.apply(change(read, issue), desk.epochs)
    seen = await trails(desk), await all_orders(desk)
    await desk.store.connection.client.flushall()
    desk.epochs = await desk.store.begin()
    return seen


async def test_together_they_end_as_one_after_the_other(desk: Desk) -> None:
    alone = await expected(desk, story())
    taking = Taking(desk.store)
    await taking.take(records(*story()), desk.epochs)
    assert (await trails(desk), await all_orders(desk)) == alone
    assert len(alone[0]) == 2 * len(PATIENTS)
    assert await desk.store.furthest("detected-issues") == {3: len(story()) - 1}
    assert taking.refused == []


async def test_what_was_measured_for_many_is_heard_in_its_order_between_the_findings(desk: Desk) -> None:
    await promised(desk, "watched", "resolved", "taken back")
    resolved = finding(Transition.RESOLVED, 2, issue_id="resolved", at=after(minutes=20))
    seen = [
        measured("watched", "first", 5),
        measured("taken back", "first", 5),
        measured("watched", "second", 6, replaces="first"),
        measured("taken back", "first", 5, taken_back=True),
        resolved,
        measured("resolved", "third", 10),
    ]
    taking = Taking(desk.store)
    await taking.take(records(*seen, first=100), desk.epochs)
    assert taking.refused == []
    assert (await happened(desk, "watched"))[-2:] == ["monitored", "monitoring-corrected"]
    assert (await happened(desk, "taken back"))[-2:] == ["monitored", "monitoring-taken-back"]
    assert [line.event for line in await desk.reader.history(alert_id(PATIENT, "resolved"))][-1] == "resolved"
    assert (await desk.store.offsets("detected-issues"))[3] == 105


async def test_what_was_measured_for_a_damaged_alert_keeps_back_nothing_behind_it(desk: Desk) -> None:
    await promised(desk, "damaged", "whole")
    damaged = key(tag_of(PATIENT), f"a:{alert_id(PATIENT, 'damaged')}:1")
    await desk.store.connection.client.hset(damaged, "ovr_until", "soon")
    seen = [measured(issue_id, "level", 5) for issue_id in ("damaged", "whole")]
    taking = Taking(desk.store)
    await taking.take(records(*seen, finding(issue_id="behind"), first=100), desk.epochs)
    assert taking.refused == [(100, "store-refused")]
    told = [await desk.reader.history(alert_id(PATIENT, issue_id)) for issue_id in ("whole", "behind")]
    assert told[0][-1].event == "monitored"
    assert told[1][0].event == "raised"


async def test_one_that_is_refused_keeps_back_nobody_and_is_refused_once(desk: Desk) -> None:
    over = finding(Transition.RESOLVED, 2, patient=PATIENTS[0])
    illegal = finding(Transition.WORSENED, 3, patient=PATIENTS[0])
    behind = finding(issue_id="behind", patient=PATIENTS[0])
    elsewhere = finding(issue_id="elsewhere", patient=PATIENTS[1])
    taking = Taking(desk.store)
    told = records(finding(patient=PATIENTS[0]), over, illegal, behind, elsewhere)
    await taking.take(told, desk.epochs)
    assert taking.refused == [(2, "illegal-move")]
    assert await happened(desk, "behind") == ["raised", "paged"]
    assert await happened(desk, "elsewhere") == ["raised", "paged"]
    await taking.take(told[3:], desk.epochs)
    assert await happened(desk, "behind") == ["raised", "paged"]


async def test_what_is_behind_a_refused_one_waits_in_its_shard_only(desk: Desk) -> None:
    issues = [
        finding(patient=PATIENTS[0]),
        finding(Transition.RESOLVED, 2, patient=PATIENTS[0]),
        finding(Transition.WORSENED, 3, patient=PATIENTS[0]),
        finding(issue_id="behind", patient=PATIENTS[0]),
        finding(issue_id="elsewhere", patient=PATIENTS[1]),
    ]
    changes = [change(read, issue) for read, issue in zip(records(*issues), issues, strict=True)]
    assert await desk.store.apply_in_order(changes, desk.epochs) == 2
    shown = [alert.id for alert in await desk.reader.alerts()]
    assert not [alert for alert in shown if alert.endswith("behind")]
    assert [alert for alert in shown if alert.endswith("elsewhere")]


async def test_where_reading_goes_on_lies_before_the_refused_one_until_it_is_dealt_with(desk: Desk) -> None:
    await desk.store.pass_over(Origin("detected-issues", 3, -1), desk.epochs)
    issues = [finding(Transition.RAISED, patient=p, issue_id=p) for p in PATIENTS]
    changes = [change(read, issue) for read, issue in zip(records(*issues), issues, strict=True)]
    assert await desk.store.apply_in_order(changes, desk.epochs) == len(PATIENTS)
    assert await desk.store.offsets("detected-issues") == {3: -1}
    assert await desk.store.furthest("detected-issues") == {3: len(PATIENTS) - 1}


async def test_a_store_emptied_in_between_is_noticed(desk: Desk) -> None:
    await desk.store.connection.client.delete(key(tag_of(PATIENTS[3]), "epoch"))
    with pytest.raises(StoreEmptied):
        await Taking(desk.store).take(records(*story()), desk.epochs)


async def test_a_server_that_forgot_our_functions_carries_all_out_in_order(desk: Desk) -> None:
    alone = await expected(desk, story())
    await desk.store.connection.client.function_flush()
    await Taking(desk.store).take(records(*story()), desk.epochs)
    assert (await trails(desk), await all_orders(desk)) == alone


def written(issues: list[DetectedIssue], epochs: Epochs) -> bytes:
    """The bytes that a notifier writes for these, as the protocol of Redis has them."""
    calls: list[list[str | int]] = []
    came_to: dict[str, int] = {}
    for read, issue in zip(records(*issues), issues, strict=True):
        made = change(read, issue)
        arguments = made.arguments(epochs[made.tag])
        name = "apply_after" if made.tag in came_to else "apply"
        before: list[str | int] = [came_to[made.tag]] if made.tag in came_to else []
        came_to[made.tag] = read.offset
        calls.append(["FCALL", function(name), 1, *made.keys(), *before, *arguments])
    return b"".join(pack_command(tuple(call)) for call in calls)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.55, 0.8, 0.99])
async def test_a_notifier_that_dies_within_a_write_loses_nothing_and_doubles_nothing(
    desk: Desk, store_url: str, share: float
) -> None:
    alone = await expected(desk, story())
    whole, place = written(story(), desk.epochs), urlsplit(store_url)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(whole[: int(len(whole) * share)])
    await writer.drain()
    writer.close()
    # The next one begins while the server may still be carrying out what the dead one wrote.
    await Taking(desk.store).take(records(*story()), desk.epochs)
    await writer.wait_closed()
    assert (await trails(desk), await all_orders(desk)) == alone


async def test_a_write_that_comes_late_from_a_notifier_that_lost_its_partition_changes_nothing(
    desk: Desk, store_url: str
) -> None:
    alone = await expected(desk, story())
    whole, place = written(story(), desk.epochs), urlsplit(store_url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(whole[: len(whole) // 2])
    await Taking(desk.store).take(records(*story()), desk.epochs)
    writer.write(whole[len(whole) // 2 :])
    for _ in story():
        assert await reader.readline() in (b"$6\r\n", b"$8\r\n")
        assert await reader.readline() in (b"raised\r\n", b"worsened\r\n", b"replayed\r\n")
    writer.close()
    assert (await trails(desk), await all_orders(desk)) == alone


async def test_a_store_killed_within_a_write_is_read_on_from_where_all_were_done(
    own_store: LocalStore,
) -> None:
    connection = Connection(own_store.url, patience_s=60)
    store = AlertStore(connection)
    desk = Desk(store, AlertReader(connection), await store.begin())
    alone = await expected(desk, story())
    log = Origin("detected-issues", 3, -1)
    await store.pass_over(log, desk.epochs)
    whole, place = written(story(), desk.epochs), urlsplit(own_store.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(whole)
    await reader.readline()
    own_store.kill()
    writer.close()
    own_store.start()
    done = (await store.offsets("detected-issues"))[3]
    assert done == -1
    await Taking(store).take(records(*story())[done + 1 :], desk.epochs)
    assert (await trails(desk), await all_orders(desk)) == alone
    await connection.close()
