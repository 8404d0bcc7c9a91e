"""The story as a file: it is what the telling says, and the door reads it like any other."""

from itertools import pairwise

from services.intake.door import Door
from services.intake.formats import read
from services.intake.reading import Accepted, Reading, Rejected
from services.launcher.ward_day import EVENTS, TELLING
from services.launcher.ward_day.telling import read_telling
from services.launcher.ward_day.writing import ward_day


def _readings() -> list[Reading]:
    return list(read("events", [EVENTS], Door()))


def test_the_file_is_what_the_telling_says() -> None:
    assert EVENTS.read_text() == ward_day(), "run python -m services.launcher.ward_day.writing"


def test_the_door_understands_every_line_but_the_one_that_is_meant_to_be_garbled() -> None:
    rejected = [reading for reading in _readings() if isinstance(reading, Rejected)]
    assert [(one.patient, one.about, one.rejection.reason) for one in rejected] == [
        ("bed-8", "bed-8/garbled", "wrong-schema")
    ]


def test_history_is_backfill_and_the_day_is_live() -> None:
    begins = read_telling(TELLING).begins
    facts = [one.event for one in _readings() if isinstance(one, Accepted) and hasattr(one.event, "mode")]
    assert {fact.mode.value for fact in facts if fact.received_at < begins} == {"backfill"}
    assert {fact.mode.value for fact in facts if fact.received_at >= begins} == {"live"}


def test_lines_stand_in_the_order_of_their_receipt_and_all_time_is_told() -> None:
    events = [one.event for one in _readings() if isinstance(one, Accepted)]
    assert events == sorted(events, key=lambda event: event.received_at)
    assert {event.time_domain.value for event in events} == {"simulated"}


def test_the_source_says_every_quarter_of_an_hour_that_it_lives() -> None:
    telling = read_telling(TELLING)
    beats = [one.event.received_at for one in _readings()
             if isinstance(one, Accepted) and one.event.kind == "heartbeat"]  # fmt: skip
    steps = {(later - earlier).total_seconds() for earlier, later in pairwise(beats)}
    assert (beats[0], beats[-1], steps) == (telling.begins, telling.ends, {900.0})
