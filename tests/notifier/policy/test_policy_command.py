"""`dosewarden policy`: what a ward manager is told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.main import main
from services.notifier.policy.calendars import calendar_in
from services.notifier.policy.rota import Rota
from tests.notifier.policy.duty_plans import BERLIN, shown
from tests.notifier.policy.test_loading import EXAMPLE
from tests.notifier.policy.test_silences import SILENCES
from tests.notifier.policy.written import ROTAS, changed, put


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, arguments)], env=environment)


def test_the_example_is_found_sound(tmp_path: Path) -> None:
    result = run("check", EXAMPLE, DOSEWARDEN_CHANNELS="terminal")
    assert (result.exit_code, result.stderr) == (0, "no errors\n")
    assert "4 routes for 2 wards, 4 rotas, 8 people" in result.stdout


def test_faults_are_told_and_end_with_exit_code_1(tmp_path: Path) -> None:
    directory = put(tmp_path, changed("[n-2]}", "[n-9]}"))
    result = run("check", DOSEWARDEN_POLICIES=str(directory))
    assert result.exit_code == 1
    assert f"{directory.as_posix()}/rotas.yaml:9: unknown person 'n-9'; add them" in result.stderr


def test_a_channel_that_is_not_set_up_is_a_fault(tmp_path: Path) -> None:
    assert run("check", put(tmp_path, {}), "--channels", "webhook,smtp").exit_code == 0
    result = run("check", tmp_path, DOSEWARDEN_CHANNELS="webhook")
    assert result.exit_code == 1
    assert "the channel 'smtp' is not set up" in result.stderr


def test_a_rota_that_has_run_out_is_a_warning_and_a_step_that_tells_nobody_an_error(tmp_path: Path) -> None:
    rotas = ROTAS.replace("together: [d-1]", "together: [d-1], ending: 2026-05-01")
    result = run("check", put(tmp_path, {"rotas.yaml": rotas}))
    assert result.exit_code == 1
    assert "warning: " in result.stdout
    assert "rotas.yaml:10: nobody is on duty by 'doctors'" in result.stdout
    assert "routes.yaml:8: the step tells nobody for ward '3'" in result.stdout


def test_a_check_that_does_not_exist_is_an_error_with_the_one_that_may_be_meant(tmp_path: Path) -> None:
    silences = SILENCES.replace("check: duplicate", "check: double-chartin")
    files = {**changed("[renal-dose]", "[renal-doze]"), "silences.yaml": silences}
    result = run("check", put(tmp_path, files))
    assert result.exit_code == 1
    assert "routes.yaml:6: there is no check 'renal-doze'; write renal-dose" in result.stdout
    assert "silences.yaml:4: there is no check 'double-chartin'; write double-charting" in result.stdout


def test_no_directory_is_wrong_usage() -> None:
    assert run("check", DOSEWARDEN_POLICIES="").exit_code == 2


def test_simulate_tells_who_would_be_told_when(tmp_path: Path) -> None:
    arguments = ("--ward", "3", "--tier", "1", "--at", "2026-03-29 01:58", "--json")
    told = json.loads(run("simulate", put(tmp_path, {}), *arguments).stdout)
    assert told["route"] == "loud"
    assert [(one["step"], one["at"][:16], one["targets"]) for one in told["tellings"]] == [
        ("step 1", "2026-03-29T00:58", ["n-2/webhook"]),
        ("step 2", "2026-03-29T01:03", ["n-2/webhook", "d-1/webhook"]),
        ("step 2, again (1)", "2026-03-29T01:08", ["n-2/webhook", "d-1/webhook"]),
        ("step 2, again (2)", "2026-03-29T01:13", ["n-2/webhook", "d-1/webhook"]),
        ("fallback", "2026-03-29T01:18", ["boss/smtp"]),
    ]


def test_simulate_shows_that_a_low_tier_waits_and_whom_the_morning_finds(tmp_path: Path) -> None:
    arguments = ("--ward", "3", "--tier", "3", "--at", "2026-05-04 23:00")
    result = run("simulate", put(tmp_path, {}), *arguments)
    assert result.exit_code == 0
    assert "held: quiet hours until Tue 2026-05-05 06:00 CEST" in result.stdout
    told = json.loads(run("simulate", tmp_path, *arguments, "--json").stdout)
    assert told["tellings"][0]["targets"] == ["n-1/webhook", "n-1/smtp"]


def test_simulate_ends_with_exit_code_1_where_nobody_would_be_told(tmp_path: Path) -> None:
    rotas = ROTAS.replace("together: [d-1]", "together: [d-1], ending: 2026-05-01")
    arguments = ("--ward", "3", "--tier", "2", "--check", "renal-dose", "--at", "2026-05-04 12:00")
    result = run("simulate", put(tmp_path, {"rotas.yaml": rotas}), *arguments)
    assert result.exit_code == 1
    assert "NOBODY is on duty" in result.stdout


def test_simulate_says_that_tier_4_pages_nobody(tmp_path: Path) -> None:
    result = run("simulate", put(tmp_path, {}), "--ward", "3", "--tier", "4")
    assert (result.exit_code, result.stdout) == (0, "an alert of tier 4 is listed and pages nobody\n")


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01 10:00"])
def test_an_instant_that_is_none_is_wrong_usage(tmp_path: Path, at: str) -> None:
    assert run("simulate", put(tmp_path, {}), "--tier", "1", "--at", at).exit_code == 2


def test_the_rota_is_shown_and_written_as_a_calendar_that_says_the_same(tmp_path: Path) -> None:
    place = ("--policies", put(tmp_path, {}), "--at", "2026-10-24 06:00", "--days", "2")
    shown_parts = json.loads(run("rota", "show", "nurses", *place, "--json").stdout)["nurses"]
    assert [part["persons"] for part in shown_parts] == [["n-1"], ["n-2"], ["n-1"], ["n-2"]]
    layer, problems = calendar_in(run("rota", "export", "nurses", *place).stdout, "out.ics", BERLIN)
    assert problems == []
    assert layer is not None
    assert Rota("nurses", (layer,)).on_duty(shown("2026-10-25 05:30")) == ("n-2",)
    assert "n-1" in run("rota", "show", *place).stdout


def test_a_rota_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    result = run("rota", "export", "porters", "--policies", put(tmp_path, {}))
    assert result.exit_code == 2
    assert "there are nurses, doctors" in result.stderr


LOW = "low_tiers: {together: 3 min, at_most: 6, within: 1 h}\nquiet_hours:"


def test_simulate_says_how_pages_of_low_tiers_go_together_and_nothing_of_it_for_loud_ones(
    tmp_path: Path,
) -> None:
    put(tmp_path, changed("quiet_hours:", LOW))
    soft = run("simulate", tmp_path, "--ward", "3", "--tier", "3", "--at", "2026-05-04 12:00")
    words = " ".join(soft.stdout.split())
    assert "each page waits up to 3 min for others of the patient and goes with them as one" in words
    assert "at most 6 such pages in 60 min for one person, the rest follows as a digest" in words
    told = [
        json.loads(run("simulate", tmp_path, "--ward", "3", "--tier", tier, "--json").stdout)["low_tiers"]
        for tier in "23"
    ]
    assert told == [None, {"together": "PT3M", "at_most": 6, "within": "PT1H"}]
