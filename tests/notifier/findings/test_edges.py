"""What comes in from outside: bytes, settings, policies, ids. Each wrong thing has its own clear answer."""

import hashlib
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import orjson
import pytest

from schemas.base import Severity
from schemas.issues import PartitionHeartbeat, RecordsLost
from schemas.rejections import KEPT_BYTES
from schemas.topics import partition_of
from services.notifier.channels.assembly import channels_of
from services.notifier.channels.settings import NAMES
from services.notifier.environment import BadSettings
from services.notifier.findings.decoding import Undecodable, decode
from services.notifier.settings import Settings
from services.notifier.store.identifiers import alert_id, tag_of, tag_of_alert, tags, tags_of_partition
from services.notifier.store.lifecycle import MOVES, UNSEEN, Event, IllegalMove, move
from services.notifier.tiers import BadTierPolicy, load_tiers
from services.notifier.watching.rejection import rejection_of
from tests.notifier.browser import new_key
from tests.notifier.builders import TIERS, after, finding


@dataclass(frozen=True)
class Record:
    value: bytes | None
    topic: str = "detected-issues"
    partition: int = 3
    offset: int = 17
    key: bytes | None = b"key"


def test_issues_and_heartbeats_are_read_as_they_were_written() -> None:
    issue, beat = finding(), PartitionHeartbeat(partition=1, at=after(), watermark=None)
    loss = RecordsLost(topic="patient-events", partition=1, first=3, last=9, why="removed", at=after())
    assert decode(issue.model_dump_json().encode()) == issue
    assert decode(beat.model_dump_json().encode()) == beat
    assert decode(loss.model_dump_json().encode()) == loss


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b'{"kind": "issue"', "not-json"),
        (b"[]", "wrong-schema"),
        (b'{"kind": "poem"}', "wrong-schema"),
        (b'{"kind": "partition-heartbeat", "partition": -1, "at": "2026-01-01T00:00:00Z", "watermark": null}',
         "wrong-schema"),
        (b'{"kind": "partition-heartbeat", "partition": 1, "at": "2026-01-01T00:00:00", "watermark": null}',
         "wrong-schema"),
        (b"[" * 5_000, "not-json"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(value: bytes, reason: str) -> None:
    decoded = decode(value)
    assert isinstance(decoded, Undecodable)
    assert decoded.reason == reason


def test_the_reason_never_repeats_what_was_in_the_record() -> None:
    content = finding().model_dump(mode="json") | {"ward": 4711, "severity": "Jane Canary"}
    decoded = decode(orjson.dumps(content))
    assert isinstance(decoded, Undecodable)
    assert "Canary" not in decoded.detail
    assert "4711" not in decoded.detail
    assert "ward" in decoded.detail


def test_a_rejection_keeps_the_first_bytes_the_length_and_the_digest() -> None:
    value = b"x" * (KEPT_BYTES + 1)
    key, rejected = rejection_of(Record(value), "not-json", "")
    content = orjson.loads(rejected)
    assert key == b"detected-issues:3:17"
    assert len(content["content"]) < 1.4 * KEPT_BYTES
    assert (content["length"], content["sha256"]) == (KEPT_BYTES + 1, hashlib.sha256(value).hexdigest())


@pytest.mark.parametrize(
    ("severity", "high_alert", "tier"),
    [
        (Severity.CONTRAINDICATED, False, 1),
        (Severity.CONTRAINDICATED, True, 1),
        (Severity.MAJOR, False, 2),
        (Severity.MAJOR, True, 1),
        (Severity.MODERATE, True, 2),
        (Severity.MINOR, True, 4),
    ],
)
def test_tiers_follow_severity_and_high_alert(severity: Severity, high_alert: bool, tier: int) -> None:
    assert TIERS.tier(severity, high_alert) == tier


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tiers: [", "cannot be read as YAML"),
        ("tiers: {}", "exactly the fields"),
        ("tiers: {major: 1}\nhigh_alert_steps_up: 1", "exactly one line for each"),
        (
            "tiers: {contraindicated: 0, major: 2, moderate: 3, minor: 4}\nhigh_alert_steps_up: 1",
            "from 1 to 4",
        ),
        (
            "tiers: {contraindicated: 1, major: 2, moderate: 3, minor: 3}\nhigh_alert_steps_up: 1",
            "never paged",
        ),
        ("tiers: {contraindicated: 1, major: 2, moderate: 3, minor: 4}\nhigh_alert_steps_up: -1", "0 to 3"),
    ],
)
def test_a_bad_tier_policy_is_refused_with_file_and_cure(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "tiers.yaml"
    path.write_text(text)
    with pytest.raises(BadTierPolicy, match=complaint) as refused:
        load_tiers(path)
    assert str(path) in str(refused.value)


def test_settings_come_from_the_environment_and_hide_secrets(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef\n")
    settings = Settings.from_environment(
        {
            "DOSEWARDEN_CHANNELS": "terminal, webhook",
            "DOSEWARDEN_WEBHOOK_URL": "https://pager.example/",
            "DOSEWARDEN_WEBHOOK_SECRET_FILE": str(secret),
            "DOSEWARDEN_TERMINAL": "json",
        }
    )
    assert settings.channels == ("terminal", "webhook")
    assert settings.ways.webhook
    assert settings.ways.webhook.secret == b"0123456789abcdef"
    assert settings.ways.terminal_json
    assert "0123456789abcdef" not in repr(settings)


_HOOK = {"CHANNELS": "webhook", "WEBHOOK_URL": "https://a.example"}
_MAIL = {"CHANNELS": "smtp", "SMTP_SERVER": "mail.example:587", "SMTP_FROM": "dosewarden@site.example"}


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"CHANNELS": "pigeon"}, "DOSEWARDEN_CHANNELS"),
        ({"CHANNELS": " , "}, "DOSEWARDEN_CHANNELS"),
        ({"CHANNELS": "webhook"}, "DOSEWARDEN_WEBHOOK_URL"),
        (
            {**_HOOK, "WEBHOOK_SECRET": "short"},
            "at least 16",
        ),
        ({**_HOOK, "WEBHOOK_SECRET_FILE": "/nowhere/secret"}, "cannot be read"),
        ({**_HOOK, "WEBHOOK_URL": "http://a.example"}, "DOSEWARDEN_WEBHOOK_URL"),
        ({"CHANNELS": "slack", "SLACK_URL": "http://a.example"}, "DOSEWARDEN_SLACK_URL"),
        ({"CHANNELS": "smtp"}, "DOSEWARDEN_SMTP_SERVER"),
        ({**_MAIL, "SMTP_SERVER": "mail.example:smtp"}, "DOSEWARDEN_SMTP_SERVER"),
        ({**_MAIL, "SMTP_FROM": "us"}, "DOSEWARDEN_SMTP_FROM"),
        ({**_MAIL, "SMTP_ENCRYPTION": "some"}, "DOSEWARDEN_SMTP_ENCRYPTION"),
        ({**_MAIL, "SMTP_ENCRYPTION": "none"}, "SMTP_LOOPBACK"),
        ({**_MAIL, "SMTP_USER": "us"}, "SMTP_PASSWORD"),
        ({"CHANNELS": "webpush"}, "DOSEWARDEN_WEBPUSH_SUBSCRIPTIONS"),
        ({"CHANNELS": "webpush", "WEBPUSH_SUBSCRIPTIONS": "/"}, "DOSEWARDEN_WEBPUSH_CONTACT"),
        (
            {
                "CHANNELS": "webpush",
                "WEBPUSH_SUBSCRIPTIONS": "/",
                "WEBPUSH_CONTACT": "pharmacy@site.example",
                "WEBPUSH_KEY": "a key",
            },
            "DOSEWARDEN_WEBPUSH_KEY",
        ),
        ({"CHANNEL_TIMEOUT_S": "30"}, "DOSEWARDEN_CHANNEL_TIMEOUT_S"),
        ({"CHANNEL_CA_FILE": "/nowhere/ca.pem"}, "DOSEWARDEN_CHANNEL_CA_FILE"),
        ({"TERMINAL": "sound"}, "DOSEWARDEN_TERMINAL"),
        ({"HEARTBEAT_LIMIT_S": "soon"}, "DOSEWARDEN_HEARTBEAT_LIMIT_S"),
        ({"HEARTBEAT_LIMIT_S": "-1"}, "DOSEWARDEN_HEARTBEAT_LIMIT_S"),
        ({"REJECTED_LIMIT": "-1"}, "DOSEWARDEN_REJECTED_LIMIT"),
        ({"REJECTED_LIMIT": "few"}, "DOSEWARDEN_REJECTED_LIMIT"),
        ({"REJECTED_WINDOW_S": "0"}, "DOSEWARDEN_REJECTED_WINDOW_S"),
    ],
)
def test_a_bad_setting_is_named(environment: dict[str, str], complaint: str) -> None:
    with pytest.raises(BadSettings, match=complaint):
        Settings.from_environment({f"DOSEWARDEN_{name}": value for name, value in environment.items()})


def test_every_state_can_be_reached_and_only_live_ones_be_acknowledged() -> None:
    reached, frontier = {UNSEEN}, [UNSEEN]
    while frontier:
        for target in MOVES[frontier.pop()].values():
            if target not in reached:
                reached.add(target)
                frontier.append(target)
    assert reached == set(MOVES)
    assert {state for state, moves in MOVES.items() if Event.ACKNOWLEDGED in moves} == {
        "open",
        "notified",
        "expired",
    }


def test_an_illegal_move_names_both_ends() -> None:
    with pytest.raises(IllegalMove, match="an alert that is resolved cannot be acknowledged"):
        move("resolved", Event.ACKNOWLEDGED)


def test_the_shard_is_part_of_the_alert_id() -> None:
    assert tag_of_alert(alert_id("patient", "issue")) == tag_of("patient")
    for wrong in ("", "zz-issue", "0a", "0a-", "10-issue"):
        with pytest.raises(ValueError, match="is not an alert id"):
            tag_of_alert(wrong)


@pytest.mark.parametrize("partitions", [1, 4, 16, 24, 7])
def test_a_partition_knows_every_shard_that_its_patients_may_lie_in(partitions: int) -> None:
    for number in range(2_000):
        patient = f"patient-{number}"
        partition = partition_of(patient, partitions)
        assert tag_of(patient) in tags_of_partition(partition, partitions)
    assert len(tags()) == 16


def test_the_documentation_shows_the_moves_as_they_are() -> None:
    page = (Path(__file__).parents[3] / "docs" / "notifier.md").read_text()
    section = page.split("## What may happen to an alert")[1].split("\n## ")[0]
    shown = [line for line in section.splitlines() if line.startswith("| ")][2:]
    moves = [(state, event.value, to.value) for state, ways in MOVES.items() for event, to in ways.items()]
    assert shown == [f"| {state!s} | {event} | {to} |" for state, event, to in moves]


def test_every_channel_that_may_be_chosen_can_be_made(tmp_path: Path) -> None:
    environment = {
        **_HOOK,
        **_MAIL,
        "CHANNELS": ",".join(NAMES),
        "WEBHOOK_SECRET": "0123456789abcdef",
        "SMTP_USER": "us",
        "SMTP_PASSWORD": "a word of ours",
        "SLACK_URL": "https://chat.example/secret-of-slack",
        "WEBPUSH_KEY": new_key().decode(),
        "WEBPUSH_CONTACT": "pharmacy@site.example",
        "WEBPUSH_SUBSCRIPTIONS": str(tmp_path),
        "APPRISE_SERVICES": "ntfys, tgram",
    }
    settings = Settings.from_environment({f"DOSEWARDEN_{name}": value for name, value in environment.items()})
    assert tuple(channels_of(settings.channels, settings.ways, StringIO())) == NAMES
    for secret in ("0123456789abcdef", "a word of ours", "secret-of-slack", "PRIVATE KEY"):
        assert secret not in repr(settings)
