"""`dosewarden knowledge coverage`: a drug without a rule never looks like a drug without a finding."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.test_knowledge_command import run


def covered(*arguments: str) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = _coverage(*arguments)["drugs"]
    return told


def without_code(*arguments: str) -> list[str]:
    told: list[str] = _coverage(*arguments)["rules_but_no_rxnorm_code"]
    return told


def _coverage(*arguments: str) -> dict[str, Any]:
    result = run("coverage", "--json", *arguments)
    assert result.exit_code == 0
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_baclofen_has_rules_in_force_for_its_daily_dose_its_stopping_and_its_partners() -> None:
    baclofen = covered()["baclofen"]
    for check in ("cumulative-dose", "withdrawal", "interaction", "alcohol", "cns-depression"):
        assert baclofen[check] == "in force"


def test_a_drug_whose_limits_are_all_drafts_is_in_shadow() -> None:
    assert covered("--jurisdiction", "GB")["celecoxib"]["cumulative-dose"] == "shadow"


@pytest.mark.parametrize("drug", ["insulin", "alteplase", "dopamine", "vasopressin", "norepinephrine"])
def test_a_drug_known_by_name_only_has_no_rule_for_its_dose(drug: str) -> None:
    told = covered()[drug]
    assert (told["single-dose"], told["cumulative-dose"]) == ("no rule", "no rule")
    assert "no dose limit is written for this drug" in run("show", drug).stdout


def test_a_drug_with_limits_is_not_said_to_have_none() -> None:
    assert "no dose limit is written" not in run("show", "baclofen").stdout


def test_the_table_counts_the_drugs_that_a_check_has_a_rule_for() -> None:
    told = covered()
    ruled = sum(one["cumulative-dose"] != "no rule" for one in told.values())
    shown = " ".join(run("coverage").stdout.split())
    assert f"cumulative-dose │ {ruled} of {len(told)} drugs with a rule" in shown


def test_coverage_is_of_one_jurisdiction() -> None:
    assert covered("--jurisdiction", "GB")["spironolactone"] == covered()["spironolactone"]
    assert covered()["celecoxib"]["cumulative-dose"] == "in force"


def test_sumatriptan_is_held_to_its_label_and_kept_from_monoamine_oxidase_inhibitors() -> None:
    sumatriptan = covered()["sumatriptan"]
    for check in ("single-dose", "cumulative-dose", "interaction"):
        assert sumatriptan[check] == "in force"
    assert "triptan-maoi" in run("show", "sumatriptan").stdout


def test_simvastatin_is_kept_from_potent_inhibitors_of_its_breakdown() -> None:
    assert covered()["simvastatin"]["interaction"] == "in force"
    for inhibitor in ("itraconazole", "clarithromycin", "erythromycin"):
        assert "simvastatin-potent-cyp3a4-inhibitor" in run("show", inhibitor, "--json").stdout


def test_drugs_without_a_limit_are_told_apart_from_those_that_lack_one_by_a_route() -> None:
    missing = _coverage()["no_dose_limit"]
    assert "insulin" in missing["by any route"]
    assert "baclofen" not in missing["by any route"]
    assert "baclofen" in missing["rectal"]
    assert "baclofen" not in missing["oral"]
    assert "baclofen" not in missing["intrathecal"]
    assert "insulin" not in missing["subcutaneous"]


def test_the_table_counts_the_drugs_by_route_and_names_those_that_are_given_so() -> None:
    missing = _coverage()["no_dose_limit"]
    shown = " ".join(run("coverage").stdout.replace("│", " ").split())
    assert f"no dose limit {len(missing['by any route'])} of {len(covered())} drugs, by any route: " in shown
    assert f"{len(missing['rectal'])} drugs that have one by another route" in shown


def test_a_drug_with_rules_that_no_rxnorm_code_leads_to_is_named() -> None:
    told = without_code()
    assert "insulin u-500" in told
    assert "baclofen" not in told


def test_a_drug_that_has_no_rule_is_not_among_those_whose_rules_a_code_misses() -> None:
    told = covered()
    assert all(any(standing != "no rule" for standing in told[drug].values()) for drug in without_code())


def test_a_drug_that_the_site_gives_a_code_is_no_longer_named(tmp_path: Path) -> None:
    drugs = tmp_path / "drugs"
    drugs.mkdir()
    (drugs / "insulin-u-500.yaml").write_text(
        """drug: insulin u-500
codes: {rxnorm: [our-u-500]}
source: {title: Formulary of Our Hospital, section: code list}
""",
        encoding="utf-8",
    )
    assert set(without_code()) - set(without_code("--overlay", str(tmp_path))) == {"insulin u-500"}


def test_the_table_counts_and_names_the_drugs_with_rules_and_no_rxnorm_code() -> None:
    lines = [line for line in run("coverage").stdout.splitlines() if "no RxNorm code" in line]
    ruled = sum(any(standing != "no rule" for standing in one.values()) for one in covered().values())
    assert f"{len(without_code())} of {ruled} drugs with rules: " in lines[-1]
    assert without_code()[0] in lines[-1]
