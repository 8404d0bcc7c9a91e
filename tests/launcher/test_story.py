"""The story by the pure core alone: exactly the expected transitions, and nothing else."""

from collections import defaultdict

import pytest

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.identity import SiteKey
from schemas.issues import DetectedIssue
from schemas.stream_events import KnowledgeActivated, SourceHeartbeat
from services.intake.door import Door
from services.intake.formats import read
from services.intake.ordering import with_unreadable
from services.launcher.alert_words import TRANSITIONS, Step, arithmetic
from services.launcher.ward_day import EVENTS, EXPECTATIONS, TELLING
from services.launcher.ward_day.expected import Expected, Seen, differences, read_expectations
from services.launcher.ward_day.telling import read_telling
from services.notifier.findings.paging import paging_of
from services.notifier.tiers import SHIPPED_TIERS, load_tiers
from services.safety.engine.engine import Engine
from services.safety.knowledge.loader import load
from services.safety.replaying import Replay

POLICY = load_tiers(SHIPPED_TIERS)


def _facts() -> list[PatientFact]:
    door = Door()
    stated = [event for _, event in with_unreadable(read("events", [EVENTS], door), door)]
    return [fact for fact in stated if fact and not isinstance(fact, SourceHeartbeat | KnowledgeActivated)]


@pytest.fixture(scope="module")
def told() -> list[DetectedIssue]:
    """Every transition of the day, all sources alive to its end."""
    engine = Engine(load(), SiteKey(b"a key of the test's own"), time_domain=TimeDomain.SIMULATED)
    return list(Replay(engine).transitions(_facts(), read_telling(TELLING).ends))


def _seen(records: list[DetectedIssue]) -> Seen:
    last = records[-1]
    return Seen(
        bed=last.patient,
        check=last.check,
        drugs=frozenset(last.subjects),
        reason=last.reason.value if last.reason else "",
        quiet=paging_of(last, POLICY).quiet,
        severity=last.severity.value,
        steps=tuple(Step(record.transition.value) for record in records),
    )


def _without_people(expected: Expected) -> Expected:
    decided = tuple(due for due in expected.becomes if due.step in TRANSITIONS)
    return expected.model_copy(update={"becomes": decided})


def test_replaying_the_story_gives_what_is_expected_and_nothing_else(told: list[DetectedIssue]) -> None:
    issues: defaultdict[str, list[DetectedIssue]] = defaultdict(list)
    for record in told:
        issues[record.issue_id].append(record)
    expectations = [_without_people(expected) for expected in read_expectations(EXPECTATIONS)]
    assert differences(expectations, [_seen(records) for records in issues.values()]) == []


def test_whatever_a_day_brings_can_be_put_into_words(told: list[DetectedIssue]) -> None:
    """No check of the day leaves the screen without words for its evidence."""
    assert {record.check for record in told} >= {"cumulative-dose", "dose-interval", "cns-depression"}
    assert all(isinstance(arithmetic(record.evidence), str) for record in told)


def test_history_is_judged_in_silence(told: list[DetectedIssue]) -> None:
    begins = read_telling(TELLING).begins
    assert [record for record in told if record.at < begins] == []


def test_the_missed_doses_are_found_by_time_alone(told: list[DetectedIssue]) -> None:
    telling = read_telling(TELLING)
    raised = next(record for record in told if record.check == "withdrawal")
    assert (raised.patient, raised.at, raised.because) == ("bed-5", telling.moment("15:00"), "Time passed.")


def test_the_decimal_slip_is_withdrawn_by_its_correction_and_by_nothing_else(
    told: list[DetectedIssue],
) -> None:
    withdrawn = [record for record in told if record.transition.value == "withdrawn"]
    assert [(record.patient, record.cause_entity) for record in withdrawn] == [
        ("bed-4", "bed-4/slip"),
        ("bed-8", "bed-8/garbled"),
    ]
