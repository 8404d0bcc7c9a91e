"""A rejected merge or move is read again about its own patients, under the number it goes on with."""

from dataclasses import replace

import pytest

from schemas.clinical import Merge, PatientFact, VisitMove
from services.intake.door import Door
from services.intake.reading import Accepted
from services.intake.rejected.retrying import Result
from services.intake.trust.sources import Source, Sources
from tests.intake.hl7v2_writing import NOW, PV1, message
from tests.intake.rejecting_door import HL7V2, entries_of
from tests.intake.retried_rejections import again

EVN = "EVN||20260301080000+0100"
DOOR = Door("adt", clock=lambda: NOW)
NEW_NUMBER = PV1.replace("V100", "N1")


def all_may() -> Sources:
    """The source may speak of everybody now."""
    stated = {
        "name": "adt",
        "address": "127.0.0.0/8",
        "facilities": "any",
        "maximum_silence": "1 h",
        "kinds": ["merge"],
    }
    return Sources(sources=(Source.model_validate(stated),))


def stated(event: str, *segments: str, pid: str, door: Door) -> list[tuple[Result, PatientFact | None]]:
    """What became of each rejection of a message, in its order."""
    found = []
    for entry in entries_of(HL7V2, message(f"ADT^{event}", EVN, *segments, pid=pid), door, NOW):
        tried = again(entry, sources=all_may())
        events = [item.event for item in tried.readings if isinstance(item, Accepted)]
        found.append((tried.result, events[0] if events else None))
    return found


@pytest.mark.parametrize(
    "door", [replace(DOOR, authorities=frozenset({"WEST"})), replace(DOOR, kinds=frozenset({"order"}))]
)
def test_the_first_of_two_merges_goes_to_its_own_survivor(door: Door) -> None:
    found = stated(
        "A40", "MRG|1^^^WEST^MR", "PID|2||B^^^EAST^MR", "MRG|2^^^WEST^MR", pid="PID|1||A^^^EAST^MR", door=door
    )
    got = [(r, f.patient, f.survivor) if isinstance(f, Merge) else (r, None, None) for r, f in found]
    assert len({p for _, p, _ in got}) == 2, got
    assert all((p, s) in {("WEST|1", "EAST|A"), ("WEST|2", "EAST|B")} for _, p, s in got), got


def test_a_moved_visit_keeps_the_number_under_which_it_goes_on() -> None:
    door = replace(DOOR, kinds=frozenset({"order"}))
    at_both = stated("A45", "MRG|1^^^WEST^MR||||V1^^^WEST", NEW_NUMBER, pid="PID|1||A^^^WEST^MR", door=door)
    assert len(at_both) == 2
    for result, moved in at_both:
        assert result is Result.ACCEPTED
        assert isinstance(moved, VisitMove)
        assert moved.becomes == "encounter/WEST|N1", moved.becomes
