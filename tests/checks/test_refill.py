"""A pump that is not refilled by its date is told by time alone, and so is its alarm."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.base import Severity
from schemas.clinical import Observation, PatientFact
from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import Finding
from services.safety.checks.stopping.refill import RefillOverdue
from services.safety.knowledge.kinds.refill import Refill
from tests.brief_knowledge import knowledge, row
from tests.builders import at, encounter, observation, voided
from tests.checks.ward import Ward

ROW = Refill(
    **row(
        "refill.baclofen",
        subject="drug:baclofen",
        due=("dosewarden|pump-refill-due",),
        alarms=("dosewarden|pump-alarm",),
        soon=timedelta(hours=72),
        alarm_for=timedelta(hours=24),
        severity=Severity.MAJOR,
        severity_soon=Severity.MINOR,
    )
)
ward = Ward(RefillOverdue(), knowledge(rules=(ROW,)))
STAY = encounter(at(-24))


def due(value: str | None, hours: float = -100, **more: Any) -> Observation:
    return observation("dosewarden|pump-refill-due", value, at(hours), **more)


def alarm(hours: float, text: str = "") -> Observation:
    return observation("dosewarden|pump-alarm", None, at(hours), text=text)


def told(*facts: PatientFact, hours: float, seconds: float = 0) -> Finding | None:
    return ward.finding([STAY, *facts], at(hours, seconds=seconds))


BY = due(None, text="2026-03-20T08:00:00Z")
"""To be refilled 432 hours after the morning of 2 March."""


def test_three_days_before_its_date_it_is_on_the_list_and_from_its_date_on_it_is_grave() -> None:
    assert told(BY, hours=360, seconds=-1) is None
    soon = told(BY, hours=360)
    assert soon is not None and soon.severity is Severity.MINOR
    assert soon.text.startswith("baclofen: the pump is to be refilled by 2026-03-20 08:00 UTC, and no later")
    still = told(BY, hours=432, seconds=-1)
    assert still is not None and still.severity is Severity.MINOR
    over = told(BY, hours=432)
    assert over is not None and (over.severity, over.level) == (Severity.MAJOR, 2)
    assert ward.judge([STAY, BY], at(0)).review_at == at(360)
    assert ward.judge([STAY, BY], at(360)).review_at == at(432)


def test_a_later_date_ends_it_and_one_that_is_taken_back_brings_the_earlier_one_again() -> None:
    later = due(None, 433, text="2026-06-20")
    assert told(BY, later, hours=433) is None
    assert told(BY, later, voided(later, at(434)), hours=434) is not None


@pytest.mark.parametrize(
    ("value", "text", "hour"),
    [("30 d", "", 720), ("4 wk", "", 672), (None, "2026-04-01", 712), (None, "2026-04-01T08:00", 720)],
)
def test_days_count_from_when_it_was_stated_and_a_bare_date_begins_with_its_day(
    value: str | None, text: str, hour: float
) -> None:
    before, over = (told(due(value, 0, text=text), hours=hour, seconds=late) for late in (-1, 0))
    assert before is not None and before.severity is Severity.MINOR
    assert over is not None and over.severity is Severity.MAJOR


def test_a_bare_date_is_one_of_the_facility() -> None:
    berlin = Ward(RefillOverdue(), knowledge(rules=(ROW,), zone=ZoneInfo("Europe/Berlin")))
    fact = due(None, 0, text="2026-03-20")
    over = berlin.finding([STAY, fact], at(423))
    assert over is not None and over.severity is Severity.MAJOR
    before = berlin.finding([STAY, fact], at(423, seconds=-1))
    assert before is not None and before.severity is Severity.MINOR


@pytest.mark.parametrize(
    ("value", "text"), [(None, "in spring"), ("30 mg", ""), ("400 d", ""), (None, "2036-03-20"), (None, "")]
)
def test_a_date_that_is_not_understood_is_said(value: str | None, text: str) -> None:
    finding = told(due(value, 0, text=text), hours=1)
    assert finding is not None and finding.reason is not None
    assert finding.reason.value == "implausible-value"


@pytest.mark.parametrize(
    ("hours", "severity"), [(360, Severity.MINOR), (432, Severity.MAJOR), (500, Severity.MAJOR)]
)
def test_a_date_that_is_not_understood_is_said_and_the_last_one_that_is_still_counts(
    hours: float, severity: Severity
) -> None:
    scribbled = [due(None, 100, text="in spring"), due("30 mg", 101, text="")]
    unread, by_date = ward.judge([STAY, BY, *scribbled], at(hours)).findings
    assert unread.reason is NotAssessedReason.IMPLAUSIBLE_VALUE
    assert unread.implicated == (scribbled[1].entity,)
    assert (by_date.severity, by_date.implicated) == (severity, (BY.entity,))
    assert "2026-03-20 08:00 UTC, and no later date is understood" in by_date.text


def test_an_earlier_date_has_its_reviews_though_a_later_one_is_not_understood() -> None:
    facts = [STAY, BY, due(None, 100, text="in spring")]
    for then, review_at, findings in ((101, 360, 1), (360, 432, 2)):
        judged = ward.judge(facts, at(then))
        assert (judged.review_at, len(judged.findings)) == (at(review_at), findings)


def test_a_date_that_comes_after_one_that_is_not_understood_is_the_only_one_that_counts() -> None:
    scribbled, later = due(None, 433, text="in spring"), due(None, 434, text="2026-06-20")
    assert told(BY, scribbled, later, hours=434) is None


def test_of_two_dates_of_one_instant_the_one_that_was_recorded_last_counts() -> None:
    wrong = due(None, text="2026-03-10", entity="b", recorded_at=at(-99))
    right = due(None, text="2026-03-20T08:00:00Z", entity="a", recorded_at=at(-98))
    assert told(wrong, right, hours=360, seconds=-1) is None


@pytest.mark.parametrize(
    ("value", "text", "understood"),
    [
        ("366 d", "", True),
        ("8785 h", "", False),
        (None, "2027-03-03T08:00:00Z", True),
        (None, "2027-03-03T08:00:01Z", False),
    ],
)
def test_a_date_of_more_than_366_days_ahead_is_not_believed(
    value: str | None, text: str, understood: bool
) -> None:
    assert (told(due(value, 0, text=text), hours=1) is None) == understood


def test_a_statement_counts_from_its_instant_on() -> None:
    facts = [STAY, BY, due(None, 433, text="2026-06-20")]
    assert ward.judge(facts, at(432)).review_at == at(433)
    assert ward.finding(facts, at(433, seconds=-1)) is not None
    assert ward.finding(facts, at(433)) is None


def test_outside_of_the_house_nobody_promises_the_next_date() -> None:
    home = encounter(at(-24), ends_at=at(400))
    assert ward.judge([home, BY], at(360)).review_at == at(400)
    assert ward.finding([home, BY], at(400, seconds=-1)) is not None
    assert ward.finding([home, BY], at(400)) is None


def test_an_alarm_is_told_for_a_day_or_until_it_is_said_to_be_over() -> None:
    finding = told(alarm(0, "low reservoir"), hours=0)
    assert finding is not None and finding.severity is Severity.MAJOR
    assert finding.text.startswith("baclofen: the pump sounded an alarm (low reservoir) at 2026-03-02 08:00")
    assert ward.judge([STAY, alarm(0)], at(0)).review_at == at(24)
    assert told(alarm(0), hours=24, seconds=-1) is not None
    assert told(alarm(0), hours=24) is None
    assert told(alarm(0), alarm(2, "false"), hours=2) is None
