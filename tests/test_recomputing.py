"""Every number of the corpus can be made again from the rows shown beside it."""

import contextlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.base import TimeDomain
from schemas.clinical import PATIENT_FACT, PatientFact
from schemas.fhir_export import CODES, detected_issue
from schemas.identity import SiteKey
from schemas.issues import DetectedIssue
from services.launcher import ward_day
from services.safety.checks import CHECKS
from services.safety.engine.engine import Engine
from services.safety.knowledge.loader import load
from services.safety.recomputing import recomputed
from services.safety.replaying import Replay
from tests.scenarios.reading import files, scenario
from tests.scenarios.running import everything_told
from tests.stack.mimic import events, needs_tables


def told(facts: Iterable[PatientFact]) -> list[DetectedIssue]:
    """Everything that is told about these facts, judged by the shipped knowledge."""
    site = SiteKey(b"a site key for recomputing")
    return list(Replay(Engine(load(), site, time_domain=TimeDomain.SIMULATED)).transitions(facts, None))


def disagreeing(issues: Iterable[DetectedIssue]) -> tuple[Counter[str], list[str]]:
    """How many numbers of each check were made again, and those that came out otherwise."""
    made: Counter[str] = Counter()
    wrong = []
    for issue in issues:
        again = recomputed(issue.check, issue.evidence)
        if again is None:
            continue
        made[issue.check] += 1
        if not again.agrees:
            wrong.append(f"{issue.check}: shown {again.shown}, made {again.made}: {issue.text[:90]}")
    return made, wrong


def ward_day_facts() -> list[PatientFact]:
    """The facts of the told ward day; its lines that are no facts are left out."""
    text = (Path(ward_day.__file__).parent / "ward_day.jsonl").read_text(encoding="utf-8")
    found = []
    for row in text.splitlines():
        with contextlib.suppress(ValidationError):
            found.append(PATIENT_FACT.validate_json(row))
    return found


def test_every_number_told_on_the_ward_day_is_made_again_from_its_rows() -> None:
    issues = told(ward_day_facts())
    made, wrong = disagreeing(issues)
    assert wrong == []
    assert {"cumulative-dose", "prescribed-dose"} <= set(made)


def test_each_issue_of_the_ward_day_is_a_resource_that_says_whether_it_was_an_error() -> None:
    for issue in told(ward_day_facts()):
        resource = detected_issue(issue)
        withdrawn = issue.transition.value == "withdrawn"
        assert resource["status"] == ("entered-in-error" if withdrawn else "final")
        assert ("severity" in resource) is (issue.reason is None)
        assert resource["patient"]["identifier"]["value"] == issue.patient


def test_every_number_told_in_the_scenarios_is_made_again_from_its_rows() -> None:
    issues = [issue for file in files() for issue in everything_told(scenario(file))]
    made, wrong = disagreeing(issues)
    assert wrong == []
    dosed = {"cumulative-dose", "first-dose", "opioid-load", "prescribed-dose", "renal-dose", "single-dose"}
    assert dosed | {"titration"} <= set(made)


@pytest.mark.mimic
def test_no_number_told_of_real_stays_is_other_than_its_rows_make() -> None:
    needs_tables()
    issues = told(events())
    assert len(issues) > 500
    assert disagreeing(issues)[1] == []


def test_every_check_has_a_code_for_other_systems() -> None:
    ours = {check.id for check in CHECKS if not check.id.startswith("not-assessed")}
    assert ours <= set(CODES)
