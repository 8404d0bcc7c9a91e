"""`dosewarden feed` as an operator runs it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.cli.feed import feed
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.test_events import EXAMPLE, dose

KEY = {"DOSEWARDEN_SITE_KEY": "a site key for these tests only"}


@pytest.mark.embedded
def test_a_morning_is_fed_and_counted(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl"
    path.write_text(EXAMPLE.read_text() + "not json\n" + json.dumps(dose(dose={"value": "-1", "unit": "mg"})))
    environment = KEY | {"DOSEWARDEN_KAFKA": embedded_broker.bootstrap}
    done = CliRunner().invoke(feed, ["--format", "events", str(path), "--json"], env=environment)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["accepted"] == {"administration": 2, "heartbeat": 1, "order": 1, "patient": 1}
    assert sorted((item["reason"], item["count"]) for item in told["rejected"]) == [
        ("negative-value", 1), ("not-json", 1)
    ]  # fmt: skip
    people = CliRunner().invoke(feed, ["--format", "events", str(path)], env=environment)
    assert "accepted 5" in people.stderr and "negative-value" in people.stderr
    assert people.stdout == ""


@pytest.mark.parametrize("key", ["", "too short"])
def test_without_a_usable_site_key_nothing_is_sent_and_the_way_to_give_one_is_told(key: str) -> None:
    done = CliRunner().invoke(feed, ["--format", "events", str(EXAMPLE)], env={"DOSEWARDEN_SITE_KEY": key})
    assert done.exit_code == 1
    assert "site key" in done.output and "16" in done.output


def test_the_site_key_may_stand_in_a_file(tmp_path: Path) -> None:
    environment = {
        "DOSEWARDEN_SITE_KEY_FILE": str(tmp_path / "absent"),
        "DOSEWARDEN_SITE_KEY": "ignored, however long",
    }
    done = CliRunner().invoke(feed, ["--format", "events", str(EXAMPLE)], env=environment)
    assert done.exit_code == 1 and "DOSEWARDEN_SITE_KEY_FILE cannot be read" in done.output


@pytest.mark.parametrize(
    "wrong",
    [
        ["--format", "csv", str(EXAMPLE)],
        ["--format", "events", "/no/such/file"],
        ["--format", "events"],
        ["--format", "events", "--zone", "Mars/Olympus", str(EXAMPLE)],
        ["--format", "events", "--pace", "0", str(EXAMPLE)],
        ["--format", "events", "--pace", "60", "--received-now", str(EXAMPLE)],
    ],
)
def test_wrong_usage_is_told_with_exit_code_2(wrong: list[str]) -> None:
    assert CliRunner().invoke(feed, wrong, env=KEY).exit_code == 2
