"""`dosewarden knowledge check` and `show`, as a pharmacist calls them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.main import main
from tests.knowledge.test_bad_files import BAD, laid_over


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(
        main, ["knowledge", *arguments], env={"DOSEWARDEN_KNOWLEDGE": None, **environment}
    )


def test_check_of_the_shipped_base_finds_nothing_and_counts_rows() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "no errors" in result.stderr
    assert "source-checked" in result.stdout


def test_check_tells_every_error_with_file_line_and_cure(tmp_path: Path) -> None:
    laid_over(tmp_path, BAD / "unknown-unit.yaml")
    laid_over(tmp_path, BAD / "pair-with-unknown-drug.yaml")
    result = run("check", str(tmp_path))
    assert result.exit_code == 1
    told = [line for line in result.stdout.splitlines() if line.startswith(str(tmp_path))]
    assert len(told) == 2
    assert told[0].startswith(
        f"{tmp_path}/drugs/lorazepam.yaml:10: limits.0.value: unknown unit 'milligrammes'; "
    )
    assert "2 errors" in result.stderr


def test_check_takes_the_site_directory_from_the_environment(tmp_path: Path) -> None:
    laid_over(tmp_path, BAD / "unknown-unit.yaml")
    assert run("check", DOSEWARDEN_KNOWLEDGE=str(tmp_path)).exit_code == 1


def test_check_of_several_directories_looks_at_each_by_itself(tmp_path: Path) -> None:
    for ward in ("east", "west"):
        laid_over(tmp_path / ward, BAD / "unknown-unit.yaml")
    result = run("check", str(tmp_path / "east"), str(tmp_path / "west"))
    assert result.exit_code == 1
    assert result.stdout.count("unknown unit") == 2


def test_check_of_a_directory_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert run("check", str(tmp_path / "nowhere")).exit_code == 2


@pytest.mark.parametrize("name", ["baclofen", "Lioresal", "Baclof 10"])
def test_show_finds_a_drug_by_any_of_its_names(name: str) -> None:
    result = run("show", name)
    assert result.exit_code == 0
    assert result.stdout.startswith("baclofen\n")
    for part in ("at most 80 mg in 24 h", "alcohol.baclofen", "baclofen.withdrawal", "lithium with baclofen"):
        assert part in result.stdout


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("citalopram", "liver disease: at most 20 mg a day (major)"),
        ("methotrexate", "at most 30 mg in 144 h unless cancer (oral, enteral)"),
        ("acetaminophen", "at most 75 mg/kg in 24 h below 50 kg (intravenous)"),
    ],
)
def test_show_says_for_whom_a_limit_holds(name: str, limit: str) -> None:
    shown = run("show", name).stdout.splitlines()
    first_column = " ".join(line.split("│")[1].strip() for line in shown if line.startswith("│"))
    assert limit in " ".join(first_column.split())


def test_show_as_json_gives_every_row_its_source_and_status() -> None:
    shown = json.loads(run("show", "baclofen", "--json").stdout)
    assert shown["drug"] == "baclofen"
    assert shown["codes"]["rxnorm"] == ["1292"]
    assert shown["counts_as_sedating"] is True
    rows = [row for kind in ("limits", "withdrawal", "interactions", "alcohol") for row in shown[kind]]
    assert len(rows) >= 10
    assert all(row["source"]["title"] and row["source"]["section"] and row["status"] for row in rows)


def test_show_of_another_jurisdiction() -> None:
    shown = json.loads(run("show", "baclofen", "--json", "--jurisdiction", "GB").stdout)
    assert "baclofen.daily.gb" in {row["id"] for row in shown["limits"]}
    assert "baclofen.daily.us" not in {row["id"] for row in shown["limits"]}


def test_show_of_a_misspelt_drug_offers_the_nearest() -> None:
    result = run("show", "bacofen")
    assert result.exit_code == 1
    assert "did you mean baclofen?" in result.stderr


def test_show_with_a_broken_site_directory_shows_its_errors(tmp_path: Path) -> None:
    laid_over(tmp_path, BAD / "unknown-unit.yaml")
    result = run("show", "baclofen", "--overlay", str(tmp_path))
    assert result.exit_code == 1
    assert "unknown unit 'milligrammes'" in result.stderr
