"""`dosewarden backtest` on a self-written day: what another limit or a draft would have changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.backtest import backtest
from services.notifier.tiers import SHIPPED_TIERS
from tests.cli.test_replay import DAY, VOID, dose
from tests.knowledge.test_site_directory import LOWER, write

STAY = {
    "kind": "encounter", "event_id": "stay", "patient": "bed-7", "entity": "stay", "inpatient": True,
    "effective_at": "2026-03-01T00:00:00Z", "recorded_at": "2026-03-01T00:00:00Z",
    "received_at": "2026-03-01T00:00:00Z", "ends_at": "2026-03-06T00:00:00Z", "source": "adt",
}  # fmt: skip
"""Five days."""


@pytest.fixture
def lower(tmp_path: Path) -> Path:
    """A site that allows 60 mg of baclofen a day."""
    return write(tmp_path / "lower", "drugs/baclofen.yaml", LOWER)


def run(directory: Path, events: list[dict[str, Any]], a: Path | str, b: Path | str, *more: str) -> Result:
    path = directory / "day.jsonl"
    path.write_text("\n".join(json.dumps(event) for event in events))
    return CliRunner().invoke(backtest, [str(a), str(b), "--format", "events", str(path), *more])


def found(directory: Path, events: list[dict[str, Any]], a: Path | str, b: Path | str) -> dict[str, Any]:
    done = run(directory, events, a, b, "--json")
    assert done.exit_code == 0, done.output
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def cumulative(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [issue for issue in result["issues"] if issue["check"] == "cumulative-dose"]


def test_at_the_lower_limit_an_allowed_day_appears_and_one_microgram_decides(
    tmp_path: Path, lower: Path
) -> None:
    allowed = [STAY, *DAY[:3]]
    assert not cumulative(found(tmp_path, allowed, "shipped", lower))
    more = {"value": "0.001", "unit": "mg"}
    (issue,) = cumulative(found(tmp_path, [*allowed, dose(9, dose=more)], "shipped", lower))
    assert (issue["what"], issue["patient"], issue["a"]) == ("appears", "bed-7", None)
    assert issue["b"]["rows"] == ["site.baclofen.daily"]
    assert issue["b"]["held"][0]["from"].startswith("2026-03-02T09:00:00")


def test_the_other_way_round_it_vanishes(tmp_path: Path, lower: Path) -> None:
    (issue,) = cumulative(found(tmp_path, [STAY, *DAY[:4]], lower, "shipped"))
    assert (issue["what"], issue["b"]) == ("vanishes", None)


def test_an_overdose_under_both_is_worse_and_earlier_under_the_lower_limit(
    tmp_path: Path, lower: Path
) -> None:
    (issue,) = cumulative(found(tmp_path, [STAY, *DAY[:5]], "shipped", lower))
    assert issue["what"] == "changes"
    assert set(issue["differs"]) == {"severity", "level", "timing", "pages"}
    assert (issue["a"]["severity"], issue["b"]["severity"]) == ("moderate", "major")
    assert (issue["a"]["level"], issue["b"]["level"][:4]) == ("1.25", "1.66")
    assert issue["a"]["held"][0]["from"].startswith("2026-03-02T16:00:00")
    assert issue["b"]["held"][0]["from"].startswith("2026-03-02T12:00:00")


def test_pages_are_counted_for_each_rule_and_per_100_patient_days(tmp_path: Path, lower: Path) -> None:
    result = found(tmp_path, [STAY, *DAY[:4]], "shipped", lower)
    assert result["patient_days"] == 5
    assert result["rules"]["site.baclofen.daily"] == {
        "a": {"pages": 0, "pages_per_100_patient_days": 0},
        "b": {"pages": 1, "pages_per_100_patient_days": 20},
    }
    check = result["checks"]["cumulative-dose"]
    assert (check["a"]["issues"], check["b"]["issues"], check["appears"]) == (0, 1, 1)


def test_without_a_known_stay_no_rate_is_made_up(tmp_path: Path, lower: Path) -> None:
    result = found(tmp_path, DAY[:4], "shipped", lower)
    assert result["patient_days"] is None
    assert result["rules"]["site.baclofen.daily"]["b"]["pages_per_100_patient_days"] is None
    assert "patient-days not known: no rates" in run(tmp_path, DAY[:4], "shipped", lower).stdout


def test_a_rule_made_a_draft_is_still_judged_and_pages_nobody(tmp_path: Path) -> None:
    draft = (
        LOWER.replace("60 mg", "80 mg")
        .replace("status: site-approved", "status: draft")
        .replace("    approval: {by: Drug committee, on: 2026-12-01}\n", "")
    )
    site = write(tmp_path / "draft", "drugs/baclofen.yaml", draft)
    (issue,) = cumulative(found(tmp_path, [STAY, *DAY[:5]], "shipped", site))
    assert (issue["what"], issue["differs"]) == ("changes", ["shadow", "pages"])
    assert (issue["a"]["pages"], issue["b"]["pages"]) == (1, 0)
    assert (issue["a"]["shadow"], issue["b"]["shadow"]) == (False, True)


def test_two_equal_versions_differ_in_nothing(tmp_path: Path, lower: Path) -> None:
    done = run(tmp_path, [STAY, *DAY, *VOID], lower, lower)
    assert done.exit_code == 0
    assert "no issue differs" in done.stdout


def test_people_see_what_appears_and_how_many_are_not_listed(tmp_path: Path, lower: Path) -> None:
    done = run(tmp_path, [STAY, *DAY[:4]], "shipped", lower)
    assert "appears  bed-7 cumulative-dose baclofen\n" in done.stdout
    assert "B: major, 133 % of its limit, pages 1, 2026-03-02 12:00:00 to " in done.stdout
    assert (
        "more; --json has them all" in run(tmp_path, [STAY, *DAY[:4]], "shipped", lower, "--most", "0").stdout
    )


def test_a_side_that_does_not_load_is_wrong_usage(tmp_path: Path) -> None:
    broken = write(tmp_path / "broken", "drugs/baclofen.yaml", LOWER.replace("60 mg", "60"))
    assert run(tmp_path, DAY, "shipped", broken).exit_code == 2
    assert run(tmp_path, DAY, "/no/such/place", "shipped").exit_code == 2


def test_a_site_whose_tiers_never_page_moderate_findings_counts_no_page_for_them(
    tmp_path: Path, lower: Path
) -> None:
    tiers = SHIPPED_TIERS.read_text(encoding="utf-8")
    assert "moderate: 3" in tiers
    quiet = write(tmp_path, "tiers.yaml", tiers.replace("moderate: 3", "moderate: 4")) / "tiers.yaml"
    done = run(tmp_path, [STAY, *DAY[:5]], "shipped", lower, "--json", "--tiers", str(quiet))
    (issue,) = cumulative(json.loads(done.stdout))
    assert (issue["a"]["severity"], issue["a"]["pages"]) == ("moderate", 0)
    assert (issue["b"]["severity"], issue["b"]["pages"]) == ("major", 2)


def test_an_issue_that_comes_back_is_one_issue_with_two_times(tmp_path: Path, lower: Path) -> None:
    again = {"status": "stated", "version": 2, "recorded_at": "2026-03-02T22:00:00Z"}
    back = dose(16, event_id="back", received_at="2026-03-02T22:00:00Z", **again)
    result = found(tmp_path, [STAY, *DAY[:5], VOID[0], back], lower, "shipped")
    (issue,) = cumulative(result)
    assert [held["from"][11:16] for held in issue["b"]["held"]] == ["16:00", "22:00"]
    assert (issue["b"]["held"][0]["to"][11:16], issue["b"]["held"][1]["to"]) == ("21:00", None)
