"""What a person reads: plain lines in a log, and arithmetic that can be followed."""

from collections.abc import Mapping
from io import StringIO

import pytest
from rich.console import Console

from schemas.alerts import AlertState
from services.launcher.alert_words import Happening, Step, arithmetic
from services.launcher.screen import Screen
from services.notifier.alerts import alert_of
from services.notifier.store.reading import HistoryLine
from tests.notifier.builders import MORNING

EVIDENCE = {
    "doses": [
        {"start": "2130-05-03T16:00:00+00:00", "counted": "20"},
        {"start": "2130-05-04T08:00:00+00:00", "counted": "65"},
    ],
    "total": "85",
    "limit": "80",
    "unit": "mg",
}
FIELDS = {
    "rev": "1", "tid": "t", "st": "open", "tier": "3", "sev": "moderate", "check": "cumulative-dose",
    "ward": "7 East", "patient": "p",
    "text": "baclofen: 85 mg given\x1b[2J in 24 h; limit 80 mg. Hold the next dose.",
    "raised_at": "0", "at": "0", "quiet": "", "told": "", "dom": "simulated", "part": "0",
    "subjects": '["baclofen"]', "evidence": '{"total": "85"}', "reason": "",
}  # fmt: skip


def _happening(step: Step, fields: Mapping[str, str] = FIELDS, **line: str) -> Happening:
    stated = {"actor": "", "note": "", "because": ""} | line
    told = HistoryLine(
        sequence=1, at=MORNING, event="raised", state=AlertState.OPEN.value, episode=1, revision=1, **stated
    )
    return Happening(alert_of("a", 1, fields), told, step)


@pytest.fixture
def page() -> StringIO:
    return StringIO()


@pytest.fixture
def screen(page: StringIO) -> Screen:
    return Screen(Console(file=page, width=60), MORNING)


def test_without_a_terminal_each_thing_is_one_plain_line_however_long(screen: Screen, page: StringIO) -> None:
    screen.fact(MORNING, "bed-1", "given: baclofen 25 mg " + "x" * 100)
    screen.alert("bed-1", _happening(Step.RAISED))
    lines = page.getvalue().splitlines()
    assert [line.split()[:3] for line in lines[:2]] == [
        ["08:00", "bed-1", "·"],
        ["08:00", "bed-1", "▲"],
    ]
    assert "ALERT tier 3, cumulative-dose" in lines[1]
    assert len(lines) == 3


def test_control_characters_of_foreign_text_do_not_reach_the_terminal(screen: Screen, page: StringIO) -> None:
    screen.alert("bed-1", _happening(Step.RAISED))
    assert "\x1b" not in page.getvalue()


def test_what_could_not_be_judged_never_looks_like_an_alert(screen: Screen, page: StringIO) -> None:
    unknown = FIELDS | {"check": "not-assessed", "reason": "unknown-unit", "quiet": "not-assessed"}
    screen.alert("bed-8", _happening(Step.RAISED, unknown))
    assert "? NOT ASSESSED: UNKNOWN-UNIT" in page.getvalue()
    assert "ALERT" not in page.getvalue()


def test_an_alert_that_does_not_page_says_why(screen: Screen, page: StringIO) -> None:
    screen.alert("bed-2", _happening(Step.RAISED, FIELDS | {"quiet": "covered"}))
    assert "(not paged: covered)" in page.getvalue()


def test_a_withdrawal_names_its_reason_and_an_acknowledgement_its_person(
    screen: Screen, page: StringIO
) -> None:
    screen.alert("bed-4", _happening(Step.WITHDRAWN, because="A dose was taken back."))
    screen.alert("bed-4", _happening(Step.ACKNOWLEDGED, actor="demo", note="prescriber called"))
    assert "A dose was taken back." in page.getvalue()
    assert "acknowledged by demo, cumulative-dose: prescriber called" in page.getvalue()


def test_the_sum_behind_a_dose_alert_can_be_followed() -> None:
    assert arithmetic(EVIDENCE) == "16:00 20 + 08:00 65 = 85 mg, limit 80 mg"
    assert arithmetic({"total": "85"}) == ""
    due = EVIDENCE | {"due": [{"due": "2026-03-11T09:00:00+00:00", "counted": "5"}], "total": "90"}
    assert arithmetic(due) == "16:00 20 + 08:00 65 + 09:00 5 due = 90 mg, limit 80 mg"


def test_doses_that_are_no_sum_make_none() -> None:
    apart = {"doses": [{"entity": "a", "start": "2026-03-11T08:00:00+00:00"}], "total": "150", "limit": "240"}
    assert arithmetic(apart) == ""


def test_a_sum_that_its_doses_do_not_make_is_not_shown() -> None:
    assert arithmetic(EVIDENCE | {"total": "86"}) == ""
