"""The MIMIC-III demo tables: everything in them is counted, in order, and every correction is a void."""

import csv
import gzip
from collections import Counter
from functools import lru_cache

import pytest

from schemas.base import TimeDomain
from schemas.clinical import Administration, FactStatus
from services.intake.door import Door
from services.intake.formats import read
from services.intake.reading import Accepted, Reading, Rejected, Skipped
from tests.intake.writing import SAMPLES

pytestmark = pytest.mark.mimic
DIRECTORY = SAMPLES / "mimic3_demo_odbl"


@lru_cache(maxsize=1)
def demo() -> tuple[Reading, ...]:
    if not DIRECTORY.is_dir():
        pytest.skip("the MIMIC-III demo tables are not there")
    return tuple(read("mimic3", [DIRECTORY], Door()))


def rows(table: str) -> list[dict[str, str]]:
    with gzip.open(DIRECTORY / f"{table}.csv.gz", "rt") as text:
        return list(csv.DictReader(text))


def administrations() -> list[Administration]:
    return [r.event for r in demo() if isinstance(r, Accepted) and isinstance(r.event, Administration)]


def test_every_row_of_the_tables_is_accepted_refused_or_passed_over() -> None:
    kinds = Counter(reading.event.kind for reading in demo() if isinstance(reading, Accepted))
    skips = Counter(reading.reason for reading in demo() if isinstance(reading, Skipped))
    refused = Counter(reading.rejection.reason for reading in demo() if isinstance(reading, Rejected))
    assert kinds["observation"] == len(rows("LABEVENTS.66of100patients"))
    assert kinds["condition"] == len(rows("DIAGNOSES_ICD"))
    diluents = skips["diluent-base"] + skips["diluent-additive"]
    assert kinds["order"] + diluents + refused["end-before-start"] == len(rows("PRESCRIPTIONS"))
    given = {event.entity for event in administrations()}
    passed = sum(count for reason, count in skips.items() if reason.startswith(("no-medicine", "line-flush")))
    assert len(given) + passed == len(rows("INPUTEVENTS_MV"))


def test_events_come_in_the_order_of_their_store_time_in_simulated_time() -> None:
    events = [reading.event for reading in demo() if isinstance(reading, Accepted)]
    received = [event.received_at for event in events]
    assert received == sorted(received)
    assert {event.time_domain for event in events} == {TimeDomain.SIMULATED}


def test_every_rewritten_or_cancelled_medicine_is_taken_back_and_no_other() -> None:
    final: dict[str, Administration] = {}
    for event in administrations():
        held = final.get(event.entity)
        if held is None or (event.recorded_at, event.version) > (held.recorded_at, held.version):
            final[event.entity] = event
    void = {name for name, event in final.items() if event.status is FactStatus.ENTERED_IN_ERROR}
    cancelled = {
        f"inputevents_mv/{row['ROW_ID']}"
        for row in rows("INPUTEVENTS_MV")
        if row["STATUSDESCRIPTION"] == "Rewritten" or row["CANCELREASON"] in ("1", "2")
    }
    assert void == cancelled & set(final)
    assert len(void) > 700


def test_no_statement_is_told_twice() -> None:
    ids = [reading.event.event_id for reading in demo() if isinstance(reading, Accepted)]
    assert len(ids) == len(set(ids))
