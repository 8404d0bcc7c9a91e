"""`dosewarden alerts`: what a person on call sees and types."""

import asyncio

import orjson
import pytest
from click.testing import CliRunner, Result

from schemas.base import Mode, Severity
from schemas.issues import Transition
from services.cli.alerts import alerts
from services.launcher.servers.child import free_port
from services.notifier.store.identifiers import alert_id
from tests.notifier.builders import ISSUE, PATIENT, after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
ALERT = alert_id(PATIENT, ISSUE)


async def command(url: str, *arguments: str) -> Result:
    """Type a command; the environment says where the alerts are."""
    runner = CliRunner(env={"DOSEWARDEN_REDIS": url})
    return await asyncio.to_thread(runner.invoke, alerts, list(arguments))


async def test_the_list_shows_the_loudest_tier_first_and_why_something_does_not_page(
    desk: Desk, store_url: str
) -> None:
    await desk.hear(finding(issue_id="a" * 32, severity=Severity.MODERATE))
    await desk.hear(finding(issue_id="b" * 32, severity=Severity.CONTRAINDICATED))
    await desk.hear(finding(issue_id="c" * 32, severity=Severity.MINOR))
    lines = (await command(store_url, "list")).stdout.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["1", "3", "4"]
    assert "not paged: advisory" in lines[3]
    assert "Neurology 2" in lines[1]
    assert "baclofen 95 mg" in lines[1]


async def test_an_empty_list_says_so_on_the_side(store_url: str) -> None:
    result = await command(store_url, "list")
    assert result.exit_code == 0
    assert result.stderr == "No alert is open.\n"


async def test_the_list_as_json_holds_what_scripts_need(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    listed = orjson.loads((await command(store_url, "list", "--json")).stdout)
    assert [(alert["id"], alert["tier"], alert["state"], alert["evidence"]) for alert in listed] == [
        (ALERT, 2, "open", {"sum": "95 mg", "limit": "80 mg"})
    ]


async def test_closed_alerts_are_listed_on_request(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert orjson.loads((await command(store_url, "list", "--json")).stdout) == []
    assert [
        a["state"] for a in orjson.loads((await command(store_url, "list", "--all", "--json")).stdout)
    ] == ["withdrawn"]


async def test_show_takes_the_beginning_of_an_id_and_tells_the_whole_story(
    desk: Desk, store_url: str
) -> None:
    await desk.hear(finding())
    await desk.tell("terminal")
    await desk.acknowledge(note="dose held")
    shown = (await command(store_url, "show", ALERT[:8])).stdout
    for fact in (ALERT, "80 mg", "dose held", "nurse on call", "target:desk/terminal", "raised -> open"):
        assert fact in shown


async def test_an_id_that_fits_two_alerts_is_not_guessed(desk: Desk, store_url: str) -> None:
    await desk.hear(finding(issue_id="aa1"))
    await desk.hear(finding(issue_id="aa2"))
    result = await command(store_url, "show", ALERT[:3] + "aa")
    assert result.exit_code == 1
    assert "give more of it" in result.stderr


async def test_an_acknowledgement_keeps_who_and_why(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    result = await command(store_url, "ack", ALERT[:8], "--actor", "dr.night", "--note", "calling the ward")
    assert result.exit_code == 0
    alert = await desk.alert()
    assert (alert.acked_by, alert.ack_note) == ("dr.night", "calling the ward")


async def test_an_acknowledgement_of_an_older_revision_shows_the_new_facts_instead(
    desk: Desk, store_url: str
) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.WORSENED, 2, text="baclofen 120 mg in 24 h"))
    result = await command(store_url, "ack", ALERT, "--revision", "1")
    assert result.exit_code == 1
    assert "revision 2 now" in result.stderr
    assert "baclofen 120 mg in 24 h" in result.stdout
    assert (await desk.alert()).acked_by == ""


async def test_an_alert_that_is_over_or_taken_cannot_be_acknowledged(desk: Desk, store_url: str) -> None:
    await desk.hear(finding(mode=Mode.BACKFILL))
    assert (await command(store_url, "ack", ALERT, "--actor", "first")).exit_code == 0
    result = await command(store_url, "ack", ALERT, "--actor", "second")
    assert result.exit_code == 1
    assert "already acknowledged by first" in result.stderr


@pytest.mark.parametrize("verb", ["show", "ack"])
async def test_an_unknown_id_is_a_finding(store_url: str, verb: str) -> None:
    result = await command(store_url, verb, "00-nothing")
    assert result.exit_code == 1
    assert "no alert has an id that begins with" in result.stderr


async def test_a_note_that_is_too_long_is_wrong_usage(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    assert (await command(store_url, "ack", ALERT, "--note", "x" * 2_001)).exit_code == 2


async def test_foreign_text_cannot_steer_the_terminal(desk: Desk, store_url: str) -> None:
    await desk.hear(finding(text="baclofen \x1b[2J [red]95 mg"))
    listed = (await command(store_url, "list")).stdout
    assert "\x1b" not in listed
    assert "[red]95 mg" in listed


async def test_a_store_that_is_away_is_said_clearly() -> None:
    result = await command(f"redis://127.0.0.1:{free_port()}/0", "list")
    assert result.exit_code == 1
    assert "Redis did not answer" in result.stderr


async def test_the_list_shows_how_far_the_steps_are_who_holds_it_and_when_it_goes_on(
    desk: Desk, store_url: str
) -> None:
    desk.policy = WardPolicy()
    await desk.hear(finding())
    await desk.hear(finding(issue_id="b" * 32))
    await desk.tell()
    await desk.acknowledge(actor="nurse-7")
    await desk.pass_time(after(minutes=5))
    lines = (await command(store_url, "list")).stdout.splitlines()
    assert [line.split()[2:8] for line in sorted(lines[1:], key=len, reverse=True)] == [
        ["acknowledged", "(nurse-7)", "1/3", "10", "min", "Neurology"],
        ["notified", "2/3", "10", "min", "Neurology", "2"],
    ]


async def test_an_alert_that_waits_for_the_end_of_quiet_hours_says_so(desk: Desk, store_url: str) -> None:
    desk.policy = WardPolicy(quiet_until=after(hours=3))
    await desk.hear(finding(severity=Severity.MODERATE))
    listed = (await command(store_url, "list")).stdout
    assert "open, waits: quiet hours" in listed
    assert "3 h" in listed


async def test_an_alert_goes_from_hand_to_hand(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    for arguments in (
        ("ack", ALERT, "--actor", "nurse-7"),
        ("hand-over", ALERT, "--actor", "nurse-7", "--to", "nurse-8"),
        ("ack", ALERT, "--actor", "nurse-8"),
        ("unack", ALERT, "--actor", "nurse-8", "--note", "called away"),
        ("decline", ALERT, "--actor", "nurse-9"),
    ):
        assert (await command(store_url, *arguments)).exit_code == 0
    assert (await desk.events())[-5:] == [
        "acknowledged", "handed-over", "accepted", "unacknowledged", "declined",
    ]  # fmt: skip


async def test_an_override_says_who_why_and_until_when(desk: Desk, store_url: str) -> None:
    await desk.hear(finding())
    given = ("--reason", "dose-intended", "--note", "titrated", "--scope", "order", "--hours", "2")
    assert (await command(store_url, "override", ALERT, "--actor", "doctor-2", *given)).exit_code == 0
    shown = (await command(store_url, "show", ALERT)).stdout
    assert "dose-intended (order) by doctor-2 until 2130-05-04 10:00:00 UTC, kept quiet: 0" in shown
    assert "titrated" in shown
    listed = orjson.loads((await command(store_url, "list", "--json")).stdout)[0]
    assert (listed["holder"], listed["due"], listed["override"]["reason"]) == (
        "doctor-2", "2130-05-04T10:00:00+00:00", "dose-intended",
    )  # fmt: skip


async def test_the_loudest_tier_is_not_overridden_alone(desk: Desk, store_url: str) -> None:
    await desk.hear(finding(severity=Severity.CONTRAINDICATED))
    given = ("override", ALERT, "--reason", "other", "--note", "why", "--actor", "doctor-2")
    result = await command(store_url, *given)
    assert result.exit_code == 1
    assert "name the other one with --second" in result.stderr
    assert (await command(store_url, *given, "--second", "pharmacist-1")).exit_code == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ("override", ALERT, "--reason", "other"),
        ("override", ALERT, "--reason", "because", "--note", "why"),
        ("override", ALERT, "--reason", "other", "--note", "why", "--hours", "25"),
        ("hand-over", ALERT),
    ],
)
async def test_an_answer_that_says_too_little_is_wrong_usage(
    desk: Desk, store_url: str, wrong: tuple[str, ...]
) -> None:
    await desk.hear(finding())
    assert (await command(store_url, *wrong)).exit_code == 2
