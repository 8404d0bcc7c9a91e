"""What must come of the day, compared with what came."""

import pytest

from services.launcher.alert_words import Step
from services.launcher.ward_day import EXPECTATIONS, TELLING
from services.launcher.ward_day.expected import (
    Expected,
    Seen,
    differences,
    read_expectations,
    undelivered,
    waits,
)
from services.launcher.ward_day.telling import read_telling

EXPECTED = Expected.model_validate(
    {
        "bed": "bed-1",
        "check": "single-dose",
        "drugs": ["baclofen"],
        "severity": "moderate",
        "becomes": ["raised", "delivered by 08:30", "resolved"],
    }
)
STEPS = (Step.RAISED, Step.DELIVERED, Step.RESOLVED)


def _seen(steps: tuple[Step, ...] = STEPS, **more: str) -> Seen:
    stated = {
        "bed": "bed-1",
        "check": "single-dose",
        "reason": "",
        "quiet": "",
        "severity": "moderate",
    } | more
    return Seen(drugs=frozenset({"baclofen"}), steps=steps, **stated)


def test_what_came_as_expected_is_no_difference() -> None:
    assert differences([EXPECTED], [_seen()]) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ([], "bed-1 single-dose (baclofen): never raised"),
        ([_seen((Step.RAISED,))], "raised, delivered, resolved expected, was raised"),
        ([_seen(severity="major")], "severity moderate expected, is major"),
        ([_seen(quiet="shadow")], "that it may page expected, is: shadow"),
        ([_seen(), _seen(bed="bed-7")], "bed-7 single-dose (baclofen): not expected"),
        ([_seen(), _seen()], "2 alerts where one was expected"),
    ],
)
def test_what_is_missing_or_too_much_is_said(seen: list[Seen], said: str) -> None:
    assert any(said in text for text in differences([EXPECTED], seen))


def test_a_delivery_that_the_pager_did_not_verifiably_receive_is_missing() -> None:
    assert undelivered({"a": STEPS, "b": (Step.RAISED,)}, {"a": 1}) == []
    assert len(undelivered({"a": STEPS}, {})) == 1


def test_the_clock_waits_where_the_expectations_say() -> None:
    telling = read_telling(TELLING)
    (wait,) = waits([EXPECTED], telling)
    assert wait.at == telling.moment("08:30")
    assert not wait.over([_seen((Step.RAISED,))])
    assert wait.over([_seen((Step.RAISED, Step.DELIVERED))])


def test_every_bed_of_the_expectations_is_told_and_the_quiet_patient_is_not_among_them() -> None:
    beds = {expected.bed for expected in read_expectations(EXPECTATIONS)}
    assert beds <= {patient.bed for patient in read_telling(TELLING).patients} - {"bed-7"}
