"""Silences: whom they keep quiet, and whom they never do."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from services.notifier.policy.deciding import Subject
from services.notifier.policy.silences import Silence, silenced
from tests.notifier.policy.duty_plans import utc

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


def test_tier_1_is_never_silenced_and_tier_2_only_where_the_silence_says_so() -> None:
    quieter, louder = silence(), silence(loudest_tier=2)
    assert silenced(alert(tier=2), [quieter], NOON) is None
    assert silenced(alert(tier=2), [louder], NOON) == louder
    assert silenced(alert(tier=1), [quieter, louder], NOON) is None


def test_a_technical_alert_is_never_silenced() -> None:
    assert silenced(alert(ward="3", technical=True), [silence(loudest_tier=2)], NOON) is None


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
        {"loudest_tier": 1},
    ],
)
def test_a_silence_without_an_end_a_reason_or_a_bound_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        silence(**said)
