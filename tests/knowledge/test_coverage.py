"""`dosewarden knowledge coverage`: a drug without a rule never looks like a drug without a finding."""

import json

import pytest

from tests.knowledge.test_knowledge_command import run


def covered(*arguments: str) -> dict[str, dict[str, str]]:
    result = run("coverage", "--json", *arguments)
    assert result.exit_code == 0
    told: dict[str, dict[str, str]] = json.loads(result.stdout)
    return told


def test_baclofen_has_rules_in_force_for_its_daily_dose_its_stopping_and_its_partners() -> None:
    baclofen = covered()["baclofen"]
    for check in ("cumulative-dose", "withdrawal", "interaction", "alcohol", "cns-depression"):
        assert baclofen[check] == "in force"


def test_a_drug_whose_limits_are_all_drafts_is_in_shadow() -> None:
    assert covered()["promethazine"]["cumulative-dose"] == "shadow"


@pytest.mark.parametrize("drug", ["heparin", "insulin", "magnesium sulfate", "vasopressin", "norepinephrine"])
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
    assert covered("--jurisdiction", "GB")["ibuprofen"]["cumulative-dose"] == "shadow"
    assert covered()["ibuprofen"]["cumulative-dose"] == "in force"


def test_sumatriptan_is_held_to_its_label_and_kept_from_monoamine_oxidase_inhibitors() -> None:
    sumatriptan = covered()["sumatriptan"]
    for check in ("single-dose", "cumulative-dose", "interaction"):
        assert sumatriptan[check] == "in force"
    assert "triptan-maoi" in run("show", "sumatriptan").stdout


def test_simvastatin_is_kept_from_potent_inhibitors_of_its_breakdown() -> None:
    assert covered()["simvastatin"]["interaction"] == "in force"
    for inhibitor in ("itraconazole", "clarithromycin", "erythromycin"):
        assert "simvastatin-potent-cyp3a4-inhibitor" in run("show", inhibitor, "--json").stdout
