"""Silences: whom they keep quiet, and whom they never do."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.silences import Silence, silenced
from tests.notifier.policy.duty_plans import shown, utc
from tests.notifier.policy.written import complaints, policy, put

NOON = utc("2026-05-04 12:00")


def alert(tier: int = 3, ward: str = "3", check: str = "duplicate", technical: bool = False) -> Subject:
    return Subject(ward=ward, tier=tier, check=check, technical=technical, patient="p")


def silence(hours: float = 2, name: str = "s-1", **said: object) -> Silence:
    row: dict[str, object] = {
        "id": name,
        "ward": "3",
        "check": "duplicate",
        "reason": "double charting while the pumps are exchanged",
        "by": "n-0417",
        "begins": NOON,
        "ends": NOON + timedelta(hours=hours),
    }
    return Silence.model_validate({**row, **said})


def test_a_silence_holds_for_its_ward_its_check_and_its_time_only() -> None:
    held = silence()
    assert silenced(alert(), [held], NOON) == held
    assert silenced(alert(ward="4"), [held], NOON) is None
    assert silenced(alert(check="renal-dose"), [held], NOON) is None
    assert silenced(alert(), [held], NOON - timedelta(seconds=1)) is None
    assert silenced(alert(), [held], NOON + timedelta(hours=2)) is None


@pytest.mark.parametrize("tier", [1, 2])
def test_what_cannot_wait_is_never_silenced(tier: int) -> None:
    assert silenced(alert(tier=tier), [silence()], NOON) is None


def test_a_technical_alert_is_never_silenced() -> None:
    assert silenced(alert(ward="3", technical=True), [silence()], NOON) is None


def test_the_silence_that_lasts_longest_is_shown() -> None:
    longer = silence(5, "s-2")
    assert silenced(alert(), [silence(1), longer, silence(3, "s-3")], NOON) == longer


@pytest.mark.parametrize(
    "said",
    [
        {"ends": NOON + timedelta(hours=12, seconds=1)},
        {"ends": NOON},
        {"reason": "  "},
        {"ward": ""},
        {"check": ""},
    ],
)
def test_a_silence_without_an_end_a_reason_or_a_bound_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        silence(**said)


SILENCES = """\
silences:
  - id: pumps
    ward: "3"
    check: duplicate
    begins: 2026-05-04 20:00
    ends: 2026-05-05 07:00
    by: n-1
    reason: double charting while the pumps are exchanged
"""


def test_a_silence_of_the_file_holds_pages_back_until_it_ends_and_says_why(tmp_path: Path) -> None:
    site = policy(tmp_path, {"silences.yaml": SILENCES})
    why = "silenced by n-1: double charting while the pumps are exchanged"
    assert site.hold(alert(), shown("2026-05-04 20:00")) == Hold(shown("2026-05-05 07:00"), why, "pumps")
    assert site.hold(alert(), shown("2026-05-04 23:00")) == Hold(shown("2026-05-05 07:00"), why, "pumps")
    assert site.hold(alert(check="age"), shown("2026-05-04 20:00")) is None
    assert site.hold(alert(check="age"), shown("2026-05-04 23:00")) == Hold(
        shown("2026-05-05 06:00"), "quiet hours"
    )
    assert site.hold(alert(tier=2), shown("2026-05-04 23:00")) is None


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("ends: 2026-05-05 07:00", "ends: 2026-05-05 08:01", 6, "within 12 hours; correct ends"),
        ("ends: 2026-05-05 07:00", "ends: 2026-05-04 20:00", 6, "ends after it begins"),
        ('ward: "3"', 'ward: "5"', 3, "unknown ward '5'"),
        ("by: n-1", "by: somebody", 7, "unknown person 'somebody'; name who answers for the silence"),
        ("    reason: double charting while the pumps are exchanged\n", "", 2, "reason is missing"),
        ("    check: duplicate\n", "", 2, "check is missing"),
    ],
)
def test_a_silence_that_nobody_answers_for_or_without_bounds_is_a_fault(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    (only,) = complaints(put(tmp_path, {"silences.yaml": SILENCES.replace(old, new)}))
    assert f"silences.yaml:{line}: " in only
    assert said in only
