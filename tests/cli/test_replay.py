"""`dosewarden replay` on a self-written day: doses, a correction, a bad line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from services.cli.replay import replay
from tests.knowledge.test_site_directory import LOWER, write


def dose(hour: int, milligrams: int = 20, **more: Any) -> dict[str, Any]:
    at = f"2026-03-02T{hour:02}:00:00Z"
    return {
        "kind": "administration", "event_id": f"d{hour}", "patient": "bed-7", "entity": f"dose/{hour}",
        "effective_at": at, "recorded_at": at, "received_at": at, "source": "emar", "route": "oral",
        "medication": {"codings": [{"system": "rxnorm", "code": "1292", "display": "baclofen"}]},
        "dose": {"value": str(milligrams), "unit": "mg"},
    } | more  # fmt: skip


DAY = [dose(hour) for hour in (0, 4, 8, 12, 16, 20)]
VOID = [
    dose(hour, event_id=f"v{hour}", status="entered-in-error", version=1, recorded_at=at, received_at=at)
    for hour, at in ((16, "2026-03-02T21:00:00Z"), (20, "2026-03-02T21:00:00Z"))
]


def replayed(directory: Path, events: list[dict[str, Any]], *options: str) -> list[dict[str, Any]]:
    """The lines of a replay of these events."""
    path = directory / "day.jsonl"
    path.write_text("\n".join(json.dumps(event) for event in events))
    done = CliRunner().invoke(replay, ["--format", "events", str(path), *options])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def of(check: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["check"] == check]


def test_an_overdose_is_one_line_with_all_that_scripts_rely_on(tmp_path: Path) -> None:
    (line,) = of("cumulative-dose", replayed(tmp_path, DAY))
    assert line["patient"] == "bed-7"
    assert line["subjects"] == ["baclofen"]
    assert line["status"] == "open"
    promised = "issue_id severity implicated shadow retrospective text evidence knowledge_version sources"
    assert set(promised.split()) <= line.keys()
    assert {f"dose/{hour}" for hour in (4, 8, 12, 16, 20)} <= set(line["implicated"])


def test_taking_doses_back_withdraws_what_they_raised(tmp_path: Path) -> None:
    lines = of("cumulative-dose", replayed(tmp_path, [*DAY, *VOID], "--transitions"))
    assert lines[0]["transition"] == "raised"
    assert lines[-1]["transition"] == "withdrawn"
    assert lines[-1]["at"].startswith("2026-03-02T21:00:00")
    assert {line["patient"] for line in lines} == {"bed-7"}
    assert not of("cumulative-dose", replayed(tmp_path, [*DAY, *VOID]))
    assert not of("cumulative-dose", replayed(tmp_path, [*DAY, *VOID], "--history"))


def test_time_goes_on_only_where_it_is_told_to(tmp_path: Path) -> None:
    assert of("cumulative-dose", replayed(tmp_path, DAY))
    assert not of("cumulative-dose", replayed(tmp_path, DAY, "--until", "2026-03-06T00:00:00Z"))
    (held,) = of("cumulative-dose", replayed(tmp_path, DAY, "--history", "--until", "2026-03-06T00:00:00Z"))
    assert held["from"].startswith("2026-03-02T16:00:00") and held["to"] is not None


@pytest.mark.parametrize("answer", [(), ("--history",)])
def test_neither_order_nor_repetition_changes_what_holds(answer: tuple[str, ...], tmp_path: Path) -> None:
    plain = replayed(tmp_path, [*DAY, VOID[0]], *answer)
    assert plain
    for seed in ("1", "2", "3"):
        assert replayed(tmp_path, [*DAY, VOID[0]], *answer, "--shuffle", seed, "--duplicate", "0.3") == plain


def test_a_line_that_cannot_be_read_shows_at_its_patient_and_the_others_are_judged(tmp_path: Path) -> None:
    bad = dose(22, event_id="bad", dose={"value": "-20", "unit": "mg"})
    lines = replayed(tmp_path, [*DAY, bad])
    (blind,) = [line for line in of("not-assessed", lines) if line["reason"] == "unreadable-fact"]
    assert blind["patient"] == "bed-7"
    assert of("cumulative-dose", lines)


def test_a_line_that_names_no_patient_is_counted_aloud(tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl"
    path.write_text(json.dumps(DAY[0]) + "\nnot json\n")
    done = CliRunner().invoke(replay, ["--format", "events", str(path)])
    assert done.exit_code == 0
    assert "1 rejected readings name no patient" in done.stderr


def test_issue_ids_are_the_sites_where_its_key_is_given(tmp_path: Path) -> None:
    without = of("cumulative-dose", replayed(tmp_path, DAY))[0]["issue_id"]
    path = tmp_path / "day.jsonl"
    environment = {"DOSEWARDEN_SITE_KEY": "a site key for these tests only"}
    done = CliRunner().invoke(replay, ["--format", "events", str(path)], env=environment)
    ids = {line["issue_id"] for line in map(json.loads, done.stdout.splitlines())}
    assert done.exit_code == 0 and ids and without not in ids


def test_a_sites_own_limit_holds_where_its_directory_is_named(tmp_path: Path) -> None:
    site = write(tmp_path / "site", "drugs/baclofen.yaml", LOWER)
    assert not of("cumulative-dose", replayed(tmp_path, DAY[:4]))
    (line,) = of("cumulative-dose", replayed(tmp_path, DAY[:4], "--knowledge", str(site)))
    assert [source["row"] for source in line["sources"]] == ["site.baclofen.daily"]
    assert (line["evidence"]["total"], line["evidence"]["limit"]) == ("80", "60")


def test_a_sites_row_with_dates_is_judged_by_as_it_stands_today(tmp_path: Path) -> None:
    past = LOWER.replace("    kind: daily", "    valid_to: 2020-12-31\n    kind: daily")
    site = write(tmp_path / "site", "drugs/baclofen.yaml", past)
    assert not of("cumulative-dose", replayed(tmp_path, DAY[:4], "--knowledge", str(site)))
    now = LOWER.replace("    kind: daily", "    valid_from: 2020-12-31\n    kind: daily")
    write(tmp_path / "site", "drugs/baclofen.yaml", now)
    assert of("cumulative-dose", replayed(tmp_path, DAY[:4], "--knowledge", str(site)))


@pytest.mark.parametrize(
    "wrong",
    [
        ["--transitions", "--history"],
        ["--until", "tomorrow"],
        ["--duplicate", "2"],
        ["--knowledge", "/no/such/place"],
    ],
)
def test_wrong_usage_is_told_with_exit_code_2(wrong: list[str], tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl"
    path.write_text(json.dumps(DAY[0]))
    assert CliRunner().invoke(replay, ["--format", "events", str(path), *wrong]).exit_code == 2
