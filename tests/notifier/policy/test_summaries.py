"""Who is on duty and who comes next: what is said of it, when, and what is refused."""

from pathlib import Path

import pytest

from services.notifier.policy.summaries import summaries_of
from tests.notifier.policy.duty_plans import shown
from tests.notifier.policy.written import ROTAS, complaints, policy, put

MORNING = "summaries:\n  - {id: morning, at: 05:30, days: mon-fri, rotas: all, tell: [boss]}\n"


def _with(summary: str) -> dict[str, str]:
    return {"rotas.yaml": ROTAS + summary}


def test_it_names_who_is_on_duty_who_comes_next_and_when(tmp_path: Path) -> None:
    [summary] = summaries_of(policy(tmp_path, _with(MORNING)), shown("2026-05-04 05:30"))
    assert summary.tell == ("boss",)
    assert summary.text == (
        "On duty on 2026-05-04 05:30, and in the 24 hours after: "
        "nurses: n-2, from 06:00 n-1, from 18:00 n-2; doctors: d-1"
    )


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-05-04 05:29", 0),
        ("2026-05-04 05:30", 1),
        ("2026-05-04 06:29", 1),
        ("2026-05-04 06:30", 0),
        ("2026-05-03 05:30", 0),
    ],
)
def test_it_is_said_from_its_time_on_its_days_and_not_an_hour_late(
    tmp_path: Path, now: str, said: int
) -> None:
    assert len(summaries_of(policy(tmp_path, _with(MORNING)), shown(now))) == said


def test_one_of_before_midnight_is_still_said_after_it(tmp_path: Path) -> None:
    late = MORNING.replace("05:30", "23:45").replace("mon-fri", "sun")
    [summary] = summaries_of(policy(tmp_path, _with(late)), shown("2026-05-04 00:30"))
    assert summary.text.startswith("On duty on 2026-05-03 23:45")


def test_that_nobody_is_on_duty_is_said_loudly(tmp_path: Path) -> None:
    gap = ROTAS.replace("begins: 18:00, ends: 06:00", "begins: 19:00, ends: 06:00")
    [summary] = summaries_of(policy(tmp_path, {"rotas.yaml": gap + MORNING}), shown("2026-05-04 05:45"))
    assert "from 18:00 NOBODY, from 19:00 n-2" in summary.text


def test_only_the_rotas_that_it_names_are_in_it(tmp_path: Path) -> None:
    doctors = MORNING.replace("rotas: all", "rotas: [doctors]")
    [summary] = summaries_of(policy(tmp_path, _with(doctors)), shown("2026-05-04 05:45"))
    assert "nurses" not in summary.text
    assert "doctors: d-1" in summary.text


def test_on_the_night_of_the_change_of_the_clock_it_comes_once_when_the_clock_shows_its_time(
    tmp_path: Path,
) -> None:
    night = MORNING.replace("05:30", "02:30").replace("mon-fri", "every day")
    site = policy(tmp_path, _with(night))
    leap = shown("2026-03-29 03:00")
    assert [summary.text[:27] for summary in summaries_of(site, leap)] == ["On duty on 2026-03-29 03:00"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("tell: [boss]", "tell: [nobody]", "unknown person 'nobody'"),
        ("rotas: all", "rotas: [cooks]", "unknown rota 'cooks'"),
        ("at: 05:30", "at: 25:30", "is no time of day"),
    ],
)
def test_a_fault_in_a_summary_is_told(tmp_path: Path, old: str, new: str, what: str) -> None:
    assert what in str(complaints(put(tmp_path, _with(MORNING.replace(old, new)))))


def test_two_summaries_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = MORNING + MORNING.removeprefix("summaries:\n")
    assert "two summaries are called 'morning'" in str(complaints(put(tmp_path, _with(twice))))
