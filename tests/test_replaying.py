"""The offline replay: intervals, ends and lines."""

import json

from schemas.base import Mode
from schemas.clinical import PatientFact
from schemas.issues import Transition
from services.safety.replaying import Replay, history_line, line, transition_line
from tests.builders import at, corrected, dose, order, person, voided
from tests.engine.ward import engine

REPLAY = Replay(engine())
DOSES = [dose("baclofen", "20 mg", at(4 * n)) for n in range(6)]


def test_history_says_from_when_to_when_a_limit_was_passed() -> None:
    held = [history_line(one) for one in REPLAY.history(DOSES, until=at(60))]
    assert [(one["check"], one["severity"], one["from"], one["to"]) for one in held] == [
        ("cumulative-dose", "major", at(16).isoformat(), at(27).isoformat())
    ]


def test_what_holds_at_the_end_has_no_end() -> None:
    held = list(REPLAY.history(DOSES))
    assert [one.until for one in held] == [None]
    assert [issue.check for issue in REPLAY.open_at_end(DOSES)] == ["cumulative-dose"]


def test_a_void_leaves_no_trace_in_history_and_two_in_the_transitions() -> None:
    story = [*DOSES[:5], voided(DOSES[0], at(17))]
    assert list(REPLAY.history(story)) == []
    assert [issue.transition for issue in REPLAY.transitions(story)] == [
        Transition.RAISED,
        Transition.WITHDRAWN,
    ]


def test_time_goes_on_to_the_end_that_is_asked_for() -> None:
    assert [issue.transition for issue in REPLAY.transitions(DOSES, until=at(60))][-1] is Transition.RESOLVED
    assert list(REPLAY.open_at_end(DOSES, until=at(60))) == []


def test_a_dose_that_arrives_too_late_is_shown_as_not_assessed() -> None:
    late = corrected(dose(when=at(0)), at(days=8))
    [issue] = REPLAY.open_at_end([person(), late])
    assert (issue.check, line(issue)["reason"]) == ("not-assessed", "too-late")


def test_a_dose_is_looked_at_for_seven_days_after_it_and_no_second_longer() -> None:
    def told(late_by: float) -> list[str]:
        late = corrected(dose("baclofen", "25 mg", at(0)), at(days=7, seconds=late_by))
        return [issue.check for issue in REPLAY.open_at_end([person(), late], until=at(days=8))]

    assert "not-assessed" not in told(0)
    assert "not-assessed" in told(1)


def loaded_today(days: int, mode: Mode) -> list[PatientFact]:
    """Three weeks of baclofen, all of it received on the last day, and a live dose after that."""
    today = at(days=days)
    before: list[PatientFact] = [
        dose(
            "baclofen",
            "40 mg",
            at(24 * day),
            entity=f"day {day}",
            recorded_at=today,
            received_at=today,
            mode=mode,
        )
        for day in range(days)
    ]
    return [*before, dose("baclofen", "10 mg", at(24 * days + 1), entity="live")]


def test_a_first_load_is_known_as_history_and_nothing_of_it_is_too_late() -> None:
    told = [
        issue for issue in REPLAY.transitions([person(), *loaded_today(21, Mode.BACKFILL)]) if issue.reason
    ]
    assert told == []
    late = REPLAY.open_at_end([person(), *loaded_today(21, Mode.LIVE)])
    assert any(line(issue)["reason"] == "too-late" for issue in late)


def test_lines_hold_what_scripts_read_and_are_json() -> None:
    issue = next(REPLAY.open_at_end([order("baclofen", "30 mg")]))
    shown = line(issue)
    assert shown["status"] == "open"
    assert shown["subjects"] == ["baclofen"]
    assert {"issue_id", "patient", "check", "severity", "implicated", "shadow", "retrospective"} <= set(shown)
    assert {"text", "evidence", "knowledge_version", "sources", "reason"} <= set(shown)
    assert {"transition", "at", "because"} <= set(transition_line(issue))
    assert json.loads(json.dumps(transition_line(issue))) == transition_line(issue)
