"""How far the clock of a source is off, by the freshest of what it states."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schemas.issues import SourceHeard
from services.intake.reading import Reading
from services.intake.trust.clock_offset import LEAST, PERIOD, ClockOffset
from services.intake.trust.life import Life
from tests.intake.sourced import declared
from tests.intake.test_accepting import given, refused

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def sent(*ahead_s: float, at: datetime = NINE) -> list[Reading]:
    """Doses of an hour before, which the source dates so many seconds after their receipt."""
    found: list[Reading] = []
    for number, seconds in enumerate(ahead_s):
        read = given("ada", f"dose-{number}")
        times = {
            "effective_at": at - timedelta(hours=1),
            "recorded_at": at + timedelta(seconds=seconds),
            "received_at": at,
        }
        found.append(replace(read, event=read.event.model_copy(update=times)))
    return found


def after(*stated: tuple[datetime, list[Reading]]) -> ClockOffset:
    clock = ClockOffset()
    for at, brought in stated:
        clock.note(at, brought)
    return clock


def test_the_freshest_statement_tells_and_late_ones_do_not_matter() -> None:
    assert after((NINE, sent(-400, -3, *[-7200] * LEAST))).known(NINE) == timedelta(seconds=-3)


def test_one_from_the_future_is_enough_and_old_ones_must_be_several() -> None:
    assert after((NINE, sent(90))).known(NINE) == timedelta(seconds=90)
    assert after((NINE, sent(*[-600] * (LEAST - 1)))).known(NINE) is None
    assert after((NINE, sent(*[-600] * LEAST))).known(NINE) == timedelta(minutes=-10)


def test_what_is_dated_by_its_receipt_or_not_read_says_nothing() -> None:
    assert after((NINE, [*sent(*[0] * LEAST), refused("ada", "broken")])).known(NINE) is None


def test_a_clock_that_was_set_is_believed_after_two_periods() -> None:
    later = NINE + PERIOD
    clock = after((NINE, sent(90)), (later, sent(*[-1] * LEAST, at=later)))
    assert clock.known(later) == timedelta(seconds=90)
    last = later + PERIOD
    clock.note(last, sent(*[-1] * LEAST, at=last))
    assert clock.known(last) == timedelta(seconds=-1)


def test_of_a_source_that_says_no_more_nothing_is_known() -> None:
    clock = after((NINE, sent(90)))
    assert clock.known(NINE + PERIOD - timedelta.resolution) == timedelta(seconds=90)
    assert clock.known(NINE + 2 * PERIOD) is None


def test_it_is_told_with_when_the_source_last_spoke(tmp_path: Path) -> None:
    life = Life(declared(tmp_path, "name: lab, address: 10.0.0.1, facilities: any, kinds: any"), lambda: NINE)
    life.note("lab", NINE, sent(90))
    assert life.heard().sources == (
        SourceHeard(
            source="lab", at=NINE, maximum_silence_s=900, clock_offset_s=90, maximum_clock_offset_s=120
        ),
    )
