"""A site's policy says who may answer; the store refuses all others, changes nothing, and keeps that."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from schemas.alerts import ActionKind, AlertState
from schemas.base import Severity
from services.notifier.policy.in_force import PolicyInForce
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.powers import Powers, listed
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.policy.written import PEOPLE, complaints, put
from tests.notifier.test_alerts_command import ALERT, command

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
CHANNELS = frozenset({"webhook", "smtp"})
MAY = """\
may:
  acknowledge: [nurse, prescriber, charge-nurse]
  override:
    - {tiers: [1, 2], roles: [prescriber]}
    - {tiers: [3], roles: [nurse, prescriber]}
  second: [charge-nurse]
  technical: [charge-nurse, prescriber, nurse]
  silence: [charge-nurse]
"""


async def in_force(desk: Desk, directory: Path, files: Mapping[str, str]) -> PolicyInForce:
    """The policy of these files counts at this store."""
    policy = PolicyInForce(put(directory, dict(files)), CHANNELS)
    await Powers(lambda: listed(policy)).publish(desk.store.connection)
    return policy


@pytest.fixture
def roles() -> Mapping[str, str]:
    return {"people.yaml": PEOPLE + MAY}


REFUSED: list[tuple[Severity, ActionKind, dict[str, Any], str]] = [
    (Severity.MAJOR, ActionKind.ACKNOWLEDGE, {"actor": "somebody"}, "actor-unknown"),
    (Severity.MAJOR, ActionKind.DECLINE, {"actor": "somebody"}, "actor-unknown"),
    (Severity.MAJOR, ActionKind.OVERRIDE, {"actor": "n-1"}, "actor-role"),
    (Severity.CONTRAINDICATED, ActionKind.OVERRIDE, {"actor": "n-1", "second": "boss"}, "actor-role"),
    (Severity.CONTRAINDICATED, ActionKind.OVERRIDE, {"actor": "d-1"}, "second-person"),
    (Severity.CONTRAINDICATED, ActionKind.OVERRIDE, {"actor": "d-1", "second": "d-1"}, "second-role"),
    (Severity.CONTRAINDICATED, ActionKind.OVERRIDE, {"actor": "d-1", "second": "n-1"}, "second-role"),
    (Severity.CONTRAINDICATED, ActionKind.OVERRIDE, {"actor": "d-1", "second": "nobody"}, "second-unknown"),
]


@pytest.mark.parametrize(("severity", "action", "details", "why"), REFUSED)
async def test_whoever_may_not_is_refused_changes_nothing_and_is_kept_in_the_history(
    desk: Desk,
    tmp_path: Path,
    roles: Mapping[str, str],
    severity: Severity,
    action: ActionKind,
    details: dict[str, Any],
    why: str,
) -> None:
    await in_force(desk, tmp_path, roles)
    await desk.hear(finding(severity=severity))
    await desk.tell()
    before = await desk.alert()
    answer = await (
        desk.override(**details) if action is ActionKind.OVERRIDE else desk.act(action, **details)
    )
    assert (answer.result, answer.detail) == ("refused", why)
    assert await desk.alert() == before
    last = (await desk.reader.history(ALERT))[-1]
    assert last.event.endswith("-refused")
    assert (last.actor, last.because, last.state) == (details["actor"], why, "notified")


async def test_whoever_has_the_role_may(desk: Desk, tmp_path: Path, roles: Mapping[str, str]) -> None:
    await in_force(desk, tmp_path, roles)
    await desk.hear(finding(severity=Severity.CONTRAINDICATED))
    assert (await desk.acknowledge(actor="n-2")).result == "done"
    assert (await desk.override(actor="d-1", second="boss")).result == "done"


async def test_a_nurse_who_may_override_the_low_tier_may_not_once_it_is_louder(
    desk: Desk, tmp_path: Path, roles: Mapping[str, str]
) -> None:
    await in_force(desk, tmp_path, roles)
    await desk.hear(finding(severity=Severity.MODERATE))
    assert (await desk.override(actor="n-1")).result == "done"
    await desk.hear(finding(revision=2, severity=Severity.MAJOR))
    assert (await desk.override(2, actor="n-1")).detail == "actor-role"


@pytest.mark.parametrize(("to", "why"), [("nobody", "receiver-unknown"), ("porter-1", "receiver-role")])
async def test_an_alert_is_offered_only_to_who_may_hold_it(
    desk: Desk, tmp_path: Path, roles: Mapping[str, str], to: str, why: str
) -> None:
    porter = "people:\n  - {id: porter-1, role: porter, channels: [{by: webhook}]}\n"
    await in_force(desk, tmp_path, {"people.yaml": roles["people.yaml"].replace("people:\n", porter)})
    await desk.hear(finding())
    await desk.acknowledge(actor="n-1")
    assert (await desk.act(ActionKind.HAND_OVER, actor="n-1", to=to)).detail == why
    assert (await desk.alert()).offered == ""


async def test_a_policy_that_names_no_roles_lets_everybody_answer_whom_it_names(
    desk: Desk, tmp_path: Path
) -> None:
    await in_force(desk, tmp_path, {})
    await desk.hear(finding(severity=Severity.CONTRAINDICATED))
    assert (await desk.override(actor="n-1", second="n-2")).result == "done"
    assert (await desk.act(ActionKind.UNACKNOWLEDGE, actor="n-9")).detail == "actor-unknown"


async def test_without_a_policy_anybody_may_answer(desk: Desk, tmp_path: Path) -> None:
    await in_force(desk, tmp_path, {})
    await Powers(dict).publish(desk.store.connection)
    await desk.hear(finding())
    assert (await desk.acknowledge(actor="somebody")).result == "done"


async def test_an_emptied_store_knows_who_may_answer_before_it_knows_an_alert(
    desk: Desk, tmp_path: Path, roles: Mapping[str, str]
) -> None:
    policy = await in_force(desk, tmp_path, roles)
    await desk.store.connection.client.flushall()
    store = AlertStore(desk.store.connection)
    store.powers = Powers(lambda: listed(policy))
    desk.epochs = await store.begin()
    await desk.hear(finding())
    assert (await desk.acknowledge(actor="somebody")).detail == "actor-unknown"


async def test_a_list_that_was_lost_or_is_another_one_is_put_back(
    desk: Desk, tmp_path: Path, roles: Mapping[str, str]
) -> None:
    policy = await in_force(desk, tmp_path, roles)
    powers = Powers(lambda: listed(policy))
    await Powers(dict).publish(desk.store.connection)
    await powers.keep(desk.store.connection)
    await desk.hear(finding())
    assert (await desk.acknowledge(actor="somebody")).detail == "actor-unknown"


async def test_the_command_says_why_and_exits_with_one(
    desk: Desk, tmp_path: Path, roles: Mapping[str, str], store_url: str
) -> None:
    await in_force(desk, tmp_path, roles)
    await desk.hear(finding(severity=Severity.CONTRAINDICATED))
    given = ("--reason", "other", "--note", "why")
    for actor, second, said in (
        ("somebody", "boss", "does not name somebody: say who you are with --actor"),
        ("n-1", "boss", "the role of n-1 may not do this"),
        ("d-1", "n-1", "the role of n-1 may not agree to an override"),
    ):
        result = await command(store_url, "override", ALERT, "--actor", actor, "--second", second, *given)
        assert result.exit_code == 1
        assert said in result.stderr
    assert (await desk.alert()).state is AlertState.OPEN


async def test_a_role_that_nobody_has_and_somebody_told_who_may_not_answer_are_faults(
    tmp_path: Path, roles: Mapping[str, str]
) -> None:
    odd = roles["people.yaml"].replace("second: [charge-nurse]", "second: [surgeon]")
    odd = odd.replace("acknowledge: [nurse, prescriber, charge-nurse]", "acknowledge: [nurse, prescriber]")
    said = complaints(put(tmp_path, {"people.yaml": odd}))
    assert any("nobody has the role 'surgeon'" in fault and "people.yaml:" in fault for fault in said)
    assert any("'boss' is told, and the role 'charge-nurse' may not answer" in fault for fault in said)
    assert all("people.yaml:" in fault or "routes.yaml:" in fault for fault in said)


async def test_a_policy_that_is_changed_counts_for_the_next_answer(
    desk: Desk, tmp_path: Path, roles: Mapping[str, str]
) -> None:
    policy = await in_force(desk, tmp_path, roles)
    await desk.hear(finding(severity=Severity.MODERATE))
    now = roles["people.yaml"].replace("roles: [nurse, prescriber]", "roles: [prescriber]")
    put(tmp_path, {"people.yaml": now})
    policy.replace(policy.read())
    await Powers(lambda: listed(policy)).keep(desk.store.connection)
    assert (await desk.override(actor="n-1")).detail == "actor-role"
