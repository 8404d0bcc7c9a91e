"""A scenario that says something wrong is refused with its file and line; one that is not met says where."""

import pytest

from tests.scenarios.reading import ScenarioError, parsed
from tests.scenarios.running import surprises
from tests.scenarios.staging import steps

HEAD = "title: A dose that is too large\nabout: [single-dose]\nstory:\n"
TOO_LARGE = "  - {at: day 1 08:00, give: baclofen, dose: 25 mg, called: morning}\n"
RAISED = "  - {at: day 1 08:00, expect: raised single-dose baclofen moderate}\n"


def told(text: str) -> str:
    """What is wrong with a scenario, or otherwise than it says."""
    try:
        return "\n".join(surprises(parsed("day.yaml", text)))
    except ScenarioError as error:
        return str(error)


@pytest.mark.parametrize(
    ("story", "complaint"),
    [
        ("  - {at: day 1, give: baclofen}\n", "day.yaml:4: at: 'day 1' is no time"),
        ("  - {at: day 0 08:00, give: baclofen}\n", "day.yaml:4: at: 'day 0 08:00' names no day"),
        ("  - {at: day 1 24:00, give: baclofen}\n", "day.yaml:4: at: '24:00' is no time of day"),
        ("  - {at: day 1 08:00, gave: baclofen}\n", "day.yaml:4: the line does not say what happens"),
        ("  - {at: day 1 08:00, give: x, stop: y}\n", "day.yaml:4: the line says give and stop"),
        ("  - {at: day 1 08:00, give: baclofen, dose: 20}\n", "day.yaml:4: dose:"),
        ("  - {at: day 1 08:00, give: baclofen, dosis: 20 mg}\n", "day.yaml:4: dosis:"),
        (
            "  - {at: day 1 08:00, stop: evening}\n",
            "day.yaml:4: nothing before this line is called 'evening'",
        ),
        (TOO_LARGE + "  - {at: day 1 09:00, stop: morning}\n", "day.yaml:5: 'morning' is no order"),
        (
            TOO_LARGE + "  - {at: day 1 09:00, restore: morning}\n",
            "day.yaml:5: 'morning' was not voided before",
        ),
        (TOO_LARGE + TOO_LARGE, "day.yaml:5: something else is called 'morning' already"),
        ("  - {at: day 1 08:00, discharge: home}\n", "day.yaml:4: nobody was admitted"),
        ("  - {at: day 1 08:00, lab: blood}\n", "day.yaml:4: 'blood' is not in names/codes.yaml"),
        ("  - {at: day 1 08:00, expect: raised single-dose baclofen}\n", "day.yaml:4: expect: "),
        ("  - {at: day 1 08:00, expect: risen single-dose baclofen major}\n", "is no expectation"),
        ("  - {at: day 1 08:00, expect: raised alcohol baclofen major (loud)}\n", "'loud' is no mark"),
        (
            "  - {at: day 1 08:00, at: day 2 08:00, expect: nothing}\n",
            "day.yaml:4: the key 'at' is given twice",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line(story: str, complaint: str) -> None:
    assert complaint in told(HEAD + story)


def test_a_check_that_does_not_exist_is_not_taken_for_silence() -> None:
    complaint = told(HEAD.replace("single-dose", "singel-dose") + TOO_LARGE)
    assert complaint.startswith("day.yaml:2: no check is called 'singel-dose'; use ")


def test_a_scenario_says_which_checks_it_is_about() -> None:
    assert "name the checks in about or silent" in told(
        HEAD.replace("about: [single-dose]\n", "") + TOO_LARGE
    )


def test_what_is_told_and_not_expected_is_a_surprise_with_its_line() -> None:
    nothing = "  - {at: day 1 08:00, expect: nothing}\n"
    assert told(HEAD + TOO_LARGE + nothing) == (
        "day.yaml:5: told and not expected: day 1 08:00 raised single-dose baclofen moderate"
    )
    assert told(HEAD + TOO_LARGE).startswith("day.yaml:1: told and not expected by any line: day 1 08:00")
    assert told(HEAD + TOO_LARGE + RAISED) == ""


def test_what_is_expected_and_not_told_is_a_surprise_with_its_line() -> None:
    allowed = TOO_LARGE.replace("25", "20")
    assert told(HEAD + allowed + RAISED) == (
        "day.yaml:5: expected 'raised single-dose baclofen moderate', which was not told"
    )
    assert "day.yaml:5: expected to hold" in told(HEAD + allowed + RAISED.replace("expect: raised", "holds:"))


def test_a_check_that_must_be_silent_and_speaks_is_a_surprise() -> None:
    silent = HEAD.replace("about", "silent") + TOO_LARGE
    assert told(silent).startswith("day.yaml:4: single-dose must be silent, and at day 1 08:00 raised")


def test_one_line_at_several_times_is_one_fact_for_each() -> None:
    text = HEAD + "  - {at: days 1-3 08:00 20:00, give: baclofen, dose: 10 mg, called: dose}\n"
    facts = [step.happens for step in steps(parsed("day.yaml", text))]
    assert [fact.entity for fact in facts] == [f"dose {count}" for count in range(1, 7)]  # type: ignore[union-attr]


def test_what_was_charted_late_is_received_when_it_was_charted() -> None:
    text = (
        HEAD
        + "  - {at: day 1 08:00, give: baclofen, dose: 25 mg, charted: day 1 10:00}\n"
        + "  - {at: day 1 09:59:59, expect: nothing}\n"
        + "  - {at: day 1 10:00, expect: raised single-dose baclofen moderate}\n"
    )
    assert told(text) == ""
