"""`dosewarden rejected` as an operator runs it, over what a door left on the broker."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.feed import feed
from services.cli.rejected import rejected
from services.intake.fhir import administrations as fhir_doses
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.test_events import dose
from tests.intake.test_publisher import ADA
from tests.intake.writing import administration

KEY = {"DOSEWARDEN_SITE_KEY": "a site key for these tests only"}
SECRET_UNIT, SECRET_NOTE = "secret-unit", "secret-note"
FIRES = administration(id="dose-2", status="completed", note=[{"text": SECRET_NOTE}])


class Operator:
    """Somebody at a terminal of the site."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self._environment = KEY | {"DOSEWARDEN_KAFKA": broker.bootstrap}
        self._run = CliRunner()

    def feeds(self, fmt: str, path: Path) -> None:
        done = self._run.invoke(feed, ["--format", fmt, str(path), "--source", fmt], env=self._environment)
        assert done.exit_code == 0, done.output

    def says(self, *arguments: str) -> Result:
        return self._run.invoke(rejected, list(arguments), env=self._environment)

    def reads(self, *arguments: str) -> Any:
        """What a command prints as JSON."""
        done = self.says(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def ids(self, *arguments: str) -> dict[str, str]:
        """The ids that are listed, by their reasons."""
        return {one["reason"]: one["id"] for one in self.reads("list", *arguments)}


@pytest.fixture
def operator(embedded_broker: EmbeddedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """After a night in which a door did not know `completed`, a dose was negative and a line was no JSON."""
    made = Operator(embedded_broker)
    lines = [json.dumps(dose(dose={"value": "-1", "unit": SECRET_UNIT})), "no json at all"]
    (tmp_path / "night.jsonl").write_text("\n".join(lines))
    (tmp_path / "ward.ndjson").write_text(json.dumps(FIRES))
    made.feeds("events", tmp_path / "night.jsonl")
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        made.feeds("fhir", tmp_path / "ward.ndjson")
    return made


pytestmark = pytest.mark.embedded


def test_rejections_are_listed_newest_first_and_chosen_by_what_is_asked(operator: Operator) -> None:
    listed = operator.reads("list")
    assert [one["reason"] for one in listed[:1]] == ["unknown-status"]
    assert {one["reason"] for one in listed[1:]} == {"not-json", "negative-value"}
    assert [one["rejected_at"] for one in listed] == sorted((o["rejected_at"] for o in listed), reverse=True)
    assert {one["state"] for one in listed} == {"open"}
    assert set(operator.ids("--door", "events")) == {"not-json", "negative-value"}
    assert set(operator.ids("--source", "fhir", "--since", "1h")) == {"unknown-status"}
    assert operator.ids("--until", "2026-01-01") == {}
    assert set(operator.ids("--patient", ADA)) == {"unknown-status", "negative-value"}
    assert set(operator.ids("--reason", "not-json", "--limit", "1")) == {"not-json"}
    table = operator.says("list", "--limit", "2")
    assert "2 of 3 are shown" in table.stderr
    assert [line.split()[0] for line in table.stdout.splitlines()][1:] == [one["id"] for one in listed[:2]]


def test_nothing_of_a_payload_is_shown_unless_it_is_asked_for(operator: Operator) -> None:
    ids = operator.ids()
    said = [operator.says("list"), operator.says("stats"), operator.says("retry", "--door", "events")]
    said += [operator.says(*more, name) for name in ids.values() for more in (("show",), ("show", "--json"))]
    assert all(SECRET_UNIT not in one.output and SECRET_NOTE not in one.output for one in said)
    shown = operator.says("show", ids["unknown-status"], "--payload")
    assert SECRET_NOTE in shown.stdout
    assert "patient data" in shown.stderr
    assert "about MedicationAdministration/dose-2" in shown.stdout and ADA in shown.stdout
    assert json.loads(operator.reads("show", ids["unknown-status"], "--payload")["payload"]) == FIRES


@pytest.mark.parametrize(
    ("by", "counts"),
    [
        ("reason", {"negative-value": 1, "not-json": 1, "unknown-status": 1}),
        ("door", {"events": 2, "fhir": 1}),
        ("source", {"events": 2, "fhir": 1}),
    ],
)
def test_rejections_are_counted(operator: Operator, by: str, counts: dict[str, int]) -> None:
    told = operator.reads("stats", "--by", by, "--since", "1d")
    assert {one["key"]: one["count"] for one in told} == counts
    assert {one["key"]: one["open"] for one in told} == counts
    assert all(one["first"] <= one["last"] for one in told)


def test_what_is_accepted_now_is_over_and_what_is_not_stays_open(operator: Operator) -> None:
    ids = operator.ids()
    tried = operator.says("retry", "--since", "1d", "--dry-run", "--json")
    assert tried.exit_code == 1
    assert {one["result"] for one in json.loads(tried.stdout)} == {"accepted", "rejected"}
    assert operator.ids() == ids, "a dry run changes nothing"
    done = operator.says("retry", "--since", "1d", "--by", "engineer", "--json")
    assert done.exit_code == 1
    results = {one["id"]: (one["result"], one["reason"]) for one in json.loads(done.stdout)}
    assert results == {
        ids["unknown-status"]: ("accepted", ""),
        ids["not-json"]: ("rejected", "not-json"),
        ids["negative-value"]: ("rejected", "negative-value"),
    }
    assert set(operator.ids()) == {"not-json", "negative-value"}
    (over,) = [one for one in operator.reads("list", "--all") if one["state"] == "accepted"]
    assert (over["closed"]["by"], over["closed"]["accepted"]) == ("engineer", 1)
    again = operator.says("retry", over["id"])
    assert again.exit_code == 1
    assert "is over: accepted by engineer" in again.output
    (fhir,) = [one for one in operator.reads("stats", "--by", "door") if one["key"] == "fhir"]
    assert (fhir["count"], fhir["open"]) == (1, 0)


def test_a_dismissal_leaves_who_did_it_and_why(operator: Operator) -> None:
    name = operator.ids()["negative-value"]
    done = operator.says("dismiss", name, "--by", "pharmacist", "--reason", "charted again by hand")
    assert done.exit_code == 0, done.output
    assert "its mark is ended" in done.output
    shown = operator.says("show", name)
    assert "dismissed, by pharmacist: charted again by hand" in shown.stdout
    assert operator.says("dismiss", name, "--reason", "again").exit_code == 1
    assert "negative-value" not in operator.ids()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (["retry"], 2),
        (["retry", "0-0", "--reason", "not-json"], 2),
        (["list", "--since", "yesterday"], 2),
        (["dismiss", "0-0"], 2),
        (["dismiss", "0-0", "--reason", " "], 2),
        (["show", "first"], 1),
        (["show", "3-999999"], 1),
        (["retry", "3-999999"], 1),
    ],
)
def test_wrong_usage_is_told(operator: Operator, wrong: list[str], code: int) -> None:
    assert operator.says(*wrong).exit_code == code


def test_what_could_not_be_looked_at_is_no_empty_list() -> None:
    done = CliRunner().invoke(rejected, ["list"], env={"DOSEWARDEN_KAFKA": "127.0.0.1:1"})
    assert done.exit_code == 1
    assert "no Kafka at 127.0.0.1:1" in done.output
