"""Another knowledge version on a running stream: every patient is judged again, whatever happens then."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from schemas.base import TimeDomain
from schemas.issues import DETECTED_ISSUE_RECORD, DetectedIssue
from services.cli.main import main
from services.safety.knowledge.loader import load
from tests.builders import at, dose
from tests.knowledge.test_site_directory import LOWER, write
from tests.processor.ward import Ward

pytestmark = [pytest.mark.embedded, pytest.mark.slow]
PATIENTS = [f"patient-{number}" for number in range(440)]
"""More than one portion in each of four partitions."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The hospital's directory: at most 60 mg of baclofen a day, where the shipped row says 80 mg."""
    return write(tmp_path / "site", "drugs/baclofen.yaml", LOWER)


def give_seventy(ward: Ward, patients: list[str]) -> None:
    """70 mg of baclofen each: too much only for the hospital."""
    for patient in patients:
        given = dose("baclofen", "70 mg", at(1), patient=patient, entity=f"dose-{patient}")
        told = given.model_copy(update={"time_domain": TimeDomain.SIMULATED})
        ward.put(patient, told.model_dump_json().encode())
    ward.flush()


def activate(ward: Ward, directory: Path | None) -> str:
    """The operator's command; the version it names."""
    arguments = ["knowledge", "activate", "--kafka", ward.bootstrap, "--time-domain", "simulated"]
    if directory is not None:
        arguments += ["--overlay", str(directory)]
    answer = CliRunner().invoke(main, arguments, env={"DOSEWARDEN_EVENTS_TOPIC": ward.events})
    assert answer.exit_code == 0, answer.output
    assert "written to 4 partitions" in answer.output
    return answer.output.split()[2]


def compare(ward: Ward, directory: Path, patience_s: int) -> tuple[int, str]:
    """The operator asks what would change; the exit code, and the words."""
    arguments = ["knowledge", "activate", "--shadow", "--kafka", ward.bootstrap, "--time-domain", "simulated"]
    arguments += ["--overlay", str(directory), "--patience", str(patience_s)]
    named = {"DOSEWARDEN_EVENTS_TOPIC": ward.events, "DOSEWARDEN_ISSUES_TOPIC": ward.issues}
    answer = CliRunner().invoke(main, arguments, env=named)
    return answer.exit_code, answer.output


def issues(ward: Ward) -> list[DetectedIssue]:
    read = [DETECTED_ISSUE_RECORD.validate_json(m.value()) for m in ward.read(ward.issues)]
    return [record for record in read if isinstance(record, DetectedIssue)]


def over_the_day(ward: Ward) -> Counter[str]:
    """How often each patient was said to have had too much within a day."""
    raised = [i for i in issues(ward) if i.check == "cumulative-dose" and i.transition == "raised"]
    said = {(issue.patient, issue.transition_id) for issue in raised}
    return Counter(patient for patient, _ in said)


def judged_by(ward: Ward) -> Counter[str]:
    """How many patients were judged last by which version, as the next owner would find it."""
    headers = {
        m.key(): json.loads(m.value())["knowledge"]
        for m in ward.read(ward.changelog)
        if m.key().split(b"\0")[1] == b"h"
    }
    return Counter(headers.values())


def until_all_judged_by(ward: Ward, version: str, patients: int) -> None:
    ward.eventually(lambda: judged_by(ward) == Counter({version: patients}))
    ward.until_done()


def test_idle_patients_are_judged_by_the_new_limits_without_a_restart(
    embedded_ward: Ward, site: Path
) -> None:
    ward = embedded_ward
    give_seventy(ward, PATIENTS)
    worker = ward.worker(core="medical", knowledge_next=str(site))
    ward.until_done()
    assert judged_by(ward) == Counter({load().version: len(PATIENTS)})
    assert over_the_day(ward) == Counter()
    version = activate(ward, site)
    until_all_judged_by(ward, version, len(PATIENTS))
    assert over_the_day(ward) == Counter(PATIENTS)
    give_seventy(ward, ["newcomer"])
    ward.until_done()
    assert over_the_day(ward)["newcomer"] == 1
    assert worker.end() == 0


def test_a_kill_in_the_middle_of_judging_again_loses_nobody_and_tells_nobody_twice(
    embedded_ward: Ward, site: Path
) -> None:
    ward = embedded_ward
    give_seventy(ward, PATIENTS)
    first = ward.worker(core="medical", knowledge_next=str(site))
    ward.until_done()
    assert first.end() == 0
    version = activate(ward, site)
    torn = ward.worker(core="medical", knowledge_next=str(site), fault="torn-when-large:20")
    torn.until(lambda words: "torn" in words)
    torn.wait()
    half = judged_by(ward)
    assert 0 < half[version] < len(PATIENTS)
    ward.worker(core="medical", knowledge_next=str(site))
    until_all_judged_by(ward, version, len(PATIENTS))
    assert over_the_day(ward) == Counter(PATIENTS)


def test_a_worker_without_the_version_is_refused_and_says_what_is_missing(
    embedded_ward: Ward, site: Path
) -> None:
    ward = embedded_ward
    give_seventy(ward, PATIENTS[:8])
    running = ward.worker(core="medical")
    ward.until_done()
    too_early = ward.worker(core="medical", knowledge=str(site), safety_group=ward.group)
    assert running.end() == 0
    assert too_early.wait() == 3
    assert f"judged by knowledge version {load().version}" in too_early.text()
    version = activate(ward, site)
    behind = ward.worker(core="medical")
    assert behind.wait() == 3
    assert f"judged by knowledge version {version}" in behind.text()
    assert over_the_day(ward) == Counter()
    updated = ward.worker(core="medical", knowledge=str(site))
    until_all_judged_by(ward, version, 8)
    assert over_the_day(ward) == Counter(PATIENTS[:8])
    assert updated.end() == 0
    assert ward.worker(core="medical").wait() == 3, "what was put in force is remembered"


def test_ledgers_are_rebuilt_from_a_log_that_speaks_of_versions_long_gone(
    embedded_ward: Ward, site: Path
) -> None:
    ward = embedded_ward
    activate(ward, None)
    give_seventy(ward, PATIENTS[:8])
    version = activate(ward, site)
    worker = ward.worker(core="medical", knowledge=str(site))
    ward.until_done()
    assert judged_by(ward) == Counter({version: 8})
    assert "is activated further on in the log" in worker.text()
    assert worker.end() == 0


def test_in_shadow_the_changes_are_counted_and_nobody_is_told(embedded_ward: Ward, site: Path) -> None:
    ward = embedded_ward
    give_seventy(ward, PATIENTS[:60])
    worker = ward.worker(core="medical", knowledge_next=str(site))
    ward.until_done()
    before = {issue.transition_id for issue in issues(ward)}
    code, told = compare(ward, site, 60)
    assert (code, "findings of 60 patients" in told) == (0, True), told
    (row,) = [line for line in told.splitlines() if "cumulative-dose raised" in line]
    assert "60" in row
    ward.until_done()
    assert {issue.transition_id for issue in issues(ward)} == before
    assert judged_by(ward) == Counter({load().version: 60})
    assert worker.end() == 0


def test_a_version_that_is_not_here_is_not_compared_and_judging_goes_on(
    embedded_ward: Ward, site: Path
) -> None:
    ward = embedded_ward
    give_seventy(ward, PATIENTS[:8])
    worker = ward.worker(core="medical")
    ward.until_done()
    code, told = compare(ward, site, 60)
    assert code == 1
    assert "not compared in partitions 0, 1, 2, 3" in told
    assert "nothing would change" not in told
    give_seventy(ward, ["newcomer"])
    ward.until_done()
    assert judged_by(ward) == Counter({load().version: 9})
    assert worker.end() == 0
    code, told = compare(ward, site, 1)
    assert (code, "no answer from partitions 0, 1, 2, 3" in told) == (1, True), told
