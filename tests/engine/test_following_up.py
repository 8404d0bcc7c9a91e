"""What counts as watching for the danger of a finding is said with it, and told once it is observed."""

from collections.abc import Sequence
from dataclasses import replace

from schemas.base import Mode
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue, MonitoringSeen
from schemas.stream_events import ClockTick
from services.safety.checks.judgement import Check
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.checks.together.cns_depression import CnsDepression
from services.safety.core.emitting import step_of
from services.safety.engine.state import PatientState
from services.safety.knowledge.models import Status
from services.safety.knowledge.policy import FollowUp
from tests.brief_knowledge import SOURCE
from tests.brief_patient_rules import HOUR, monitoring
from tests.brief_rules import RULED
from tests.builders import at, observation, order, voided
from tests.engine.ward import engine

_KIDNEYS = FollowUp(checks=("renal-dose",), any_of=("egfr", "creatinine"), source=SOURCE)
_BREATHING = FollowUp(checks=("cns-depression",), codes=("loinc|9279-1",), sedating=True, source=SOURCE)
_ASKED = FollowUp(checks=("renal-dose",), asked_by_drug=True, source=SOURCE)
_WATCHING = RULED.policy.model_copy(update={"follow_up": (_KIDNEYS, _BREATHING)})
BASE = replace(RULED, policy=_WATCHING)
RENAL, CNS = (RenalDoseTooHigh(),), (CnsDepression(),)

TOO_MUCH: list[PatientFact] = [
    order("baclofen", "20 mg", at(0), times=3),
    observation("98979-8", "28 mL/min/{1.73_m2}", at(1), entity="the first"),
]
TWO_CLASSES: list[PatientFact] = [order("baclofen"), order("morphine")]


def watched(
    checks: Sequence[Check], *story: PatientFact | ClockTick, knowledge: object = BASE
) -> tuple[list[DetectedIssue], list[MonitoringSeen]]:
    """The issues that hold after a story, and all that was seen to be monitored."""
    judge, state, seen = engine(checks, knowledge=knowledge), None, []  # type: ignore[arg-type]
    for event in story:
        stepped = judge.step(state, event)
        state, seen = stepped.state, [*seen, *stepped.monitored]
    assert isinstance(state, PatientState)
    return list(state.open_issues()), seen


def egfr(hours: float, value: str | None = "27 mL/min/{1.73_m2}", **more: object) -> PatientFact:
    return observation("98979-8", value, at(hours), entity=f"egfr at {hours}", **more)


def test_a_finding_says_what_counts_as_watching_for_its_danger() -> None:
    (renal,), _ = watched(RENAL, *TOO_MUCH)
    assert renal.monitored_by == ("creatinine", "egfr")
    (cns,), _ = watched(CNS, *TWO_CLASSES)
    assert cns.monitored_by == ("loinc|9279-1",)


def test_what_the_rows_about_the_drug_ask_for_counts_as_well() -> None:
    policy = RULED.policy.model_copy(update={"follow_up": (_ASKED,)})
    row = monitoring("drug:baclofen", "potassium", "potassium", every=24 * HOUR)
    base = replace(BASE, policy=policy, rules=(*BASE.rules, row))
    (renal,), _ = watched(RENAL, *TOO_MUCH, knowledge=base)
    assert "potassium" in renal.monitored_by
    draft = row.model_copy(update={"status": Status.DRAFT})
    for rules in ((), (draft,)):
        base = replace(BASE, policy=policy, rules=(*BASE.rules, *rules))
        (without,), _ = watched(RENAL, *TOO_MUCH, knowledge=base)
        assert "potassium" not in without.monitored_by


def test_a_new_result_is_told_with_its_event_and_its_own_time() -> None:
    result = egfr(9)
    (issue,), (seen,) = watched(RENAL, *TOO_MUCH, result)
    assert (seen.issue_id, seen.patient, seen.episode) == (issue.issue_id, issue.patient, issue.episode)
    assert (seen.event, seen.what, seen.at) == (result.event_id, "egfr", at(9))


def test_the_result_that_raised_the_finding_and_those_before_it_are_no_monitoring() -> None:
    assert watched(RENAL, *TOO_MUCH)[1] == []
    late = observation("2160-0", "2.2 mg/dL", at(0.5), received_at=at(3), recorded_at=at(3))
    assert watched(RENAL, *TOO_MUCH, late)[1] == []


def test_a_result_that_cannot_be_read_is_no_monitoring() -> None:
    assert watched(RENAL, *TOO_MUCH, egfr(9, None, text="haemolysed"))[1] == []
    assert watched(RENAL, *TOO_MUCH, egfr(9, "27 mmHg"))[1] == []


def test_another_analyte_or_a_result_of_history_is_no_monitoring() -> None:
    assert watched(RENAL, *TOO_MUCH, observation("2823-3", "4 mmol/L", at(9)))[1] == []
    assert watched(RENAL, *TOO_MUCH, egfr(9, mode=Mode.BACKFILL))[1] == []


def test_a_result_that_ends_the_finding_is_told_as_that_alone() -> None:
    issues, seen = watched(RENAL, *TOO_MUCH, egfr(9, "95 mL/min/{1.73_m2}"))
    assert (issues, seen) == ([], [])


def test_counted_breaths_are_monitoring_of_sedation() -> None:
    _, seen = watched(CNS, *TWO_CLASSES, observation("9279-1", "14 /min", at(2)))
    assert [each.what for each in seen] == ["loinc|9279-1"]


def test_a_result_that_is_taken_back_or_turns_out_empty_takes_the_monitoring_back() -> None:
    result = egfr(9)
    breaths = observation("9279-1", "14 /min", at(2), entity="breaths")
    empty = observation("9279-1", None, at(2), entity="breaths", version=1, recorded_at=at(3))
    for checks, story, counted, corrected in (
        (RENAL, TOO_MUCH, result, voided(result, at(10))),
        (CNS, TWO_CLASSES, breaths, empty),
    ):
        first, back = watched(checks, *story, counted, corrected)[1]
        assert (first.taken_back, back.taken_back) == (False, True)
        assert (back.event, back.at) == (counted.event_id, counted.effective_at)


def test_a_corrected_result_that_still_counts_is_monitoring_by_its_new_statement() -> None:
    result, corrected = egfr(9), egfr(9, "26 mL/min/{1.73_m2}", version=1, recorded_at=at(10))
    seen = watched(RENAL, *TOO_MUCH, result, corrected)[1]
    assert [(each.event, each.replaces, each.taken_back) for each in seen] == [
        (result.event_id, "", False),
        (corrected.event_id, result.event_id, False),
    ]


def breaths(minutes: float, **more: object) -> PatientFact:
    return observation("9279-1", "14 /min", at(2 + minutes / 60), entity=f"breaths {minutes}", **more)


def told_of(*story: PatientFact) -> list[float]:
    """Minutes of those counted breaths that are told as monitoring."""
    seen = watched(CNS, *TWO_CLASSES, *story)[1]
    return [round((each.at - at(2)).total_seconds() / 60) for each in seen]


def test_of_a_monitor_that_counts_every_minute_one_count_in_five_minutes_is_told() -> None:
    assert told_of(*map(breaths, range(20))) == [0, 1, 5, 10, 15]
    assert told_of(*map(breaths, reversed(range(20)))) == [19, 18, 14, 9, 4]


def test_what_is_counted_now_and_then_is_told_each_time() -> None:
    assert told_of(*map(breaths, (0, 1, 30, 33, 60))) == [0, 1, 30, 33, 60]
    assert told_of(*map(breaths, range(0, 60, 6))) == [*range(0, 60, 6)]


def test_counts_that_are_no_monitoring_keep_none_from_being_told() -> None:
    unusable = [observation("9279-1", None, at(2 + m / 60), entity=f"none {m}") for m in range(4)]
    assert told_of(*unusable, breaths(4)) == [4]
    history = [breaths(m, mode=Mode.BACKFILL) for m in range(4)]
    assert told_of(*history, breaths(4)) == [4]
    before = [observation("9279-1", "14 /min", at(m / 60), entity=f"before {m}") for m in range(-4, 1)]
    seen = watched(CNS, *before, *TWO_CLASSES, observation("9279-1", "14 /min", at(1 / 60)))[1]
    assert len(seen) == 1


def test_one_count_of_many_that_is_corrected_is_told_as_such() -> None:
    many = [breaths(minutes) for minutes in range(4)]
    corrected = observation(
        "9279-1", "15 /min", at(2 + 3 / 60), entity="breaths 3", version=1, recorded_at=at(3)
    )
    seen = watched(CNS, *TWO_CLASSES, *many, corrected)[1]
    assert [(each.event, each.replaces) for each in seen][2:] == [
        (corrected.event_id, many[3].event_id),
    ]


def test_compaction_of_the_topic_keeps_the_issue_beside_what_was_seen() -> None:
    judge, state = engine(RENAL, knowledge=BASE), None
    for event in (*TOO_MUCH, egfr(9)):
        stepped = judge.step(state, event)
        state = stepped.state
    assert state is not None
    step = step_of(stepped, judge.teller.issue_id)
    (issue,) = state.open_issues()
    assert [emitted.key.decode() for emitted in step.emitted] == [f"monitoring-seen:{issue.issue_id}"]
    assert {emitted.role for emitted in step.emitted} == {"issues"}
