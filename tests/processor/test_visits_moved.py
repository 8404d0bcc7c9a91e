"""Visits moved to other patients by real workers: whatever dies, they end as a single process does."""

import pytest

from schemas.clinical import PatientFact
from tests.builders import at, dose, visit_move
from tests.engine.hospital import of
from tests.processor.test_merges import killed_while_forwarding, one_process, put, told
from tests.processor.ward import Ward

pytestmark = pytest.mark.slow
PAIRS = [(f"from-{number}", f"to-{number}") for number in range(6)]


def visit(number: int) -> str:
    return f"encounter/WEST|V{number}"


def fifth(number: int, hour: int) -> PatientFact:
    return dose("baclofen", "20 mg", at(hour), entity=f"administration/{hour}", visit=visit(number))


BEFORE = [
    *(
        of(each, dose("baclofen", "20 mg", at(hour)))
        for hour in (0, 2, 4, 6)
        for pair in PAIRS
        for each in pair
    ),
    *(of(old, fifth(number, 8)) for number, (old, _) in enumerate(PAIRS)),
]
MOVED = [of(old, visit_move(visit(number), new, at(9))) for number, (old, new) in enumerate(PAIRS)]
AFTERWARDS = [
    *(of(old, fifth(number, 10)) for number, (old, _) in enumerate(PAIRS)),
    *(of(new, visit_move(visit(number), old, at(11))) for number, (old, new) in enumerate(PAIRS[:3])),
]


def killed_while_moving_visits(ward: Ward, fault: str, *, workers: int) -> None:
    killed_while_forwarding(ward, BEFORE, MOVED, fault, workers=workers)
    put(ward, [*AFTERWARDS, *MOVED])
    ward.until_done()
    expected = one_process([*BEFORE, *MOVED, *AFTERWARDS])
    excesses = {(what[0], what[3]) for what in expected.values() if what[1] == "cumulative-dose"}
    assert {(old, "") for old, _ in PAIRS[:3]} | {(new, "") for _, new in PAIRS[3:]} <= excesses
    assert told(ward) == expected
    passed_on = [m for m in ward.read(ward.events) if b'"merged_from":"' in m.value()]
    assert len({m.partition() for m in passed_on}) > 1
    assert ward.read(ward.rejects) == []


@pytest.mark.embedded
def test_a_worker_killed_while_it_passes_on_what_is_of_a_visit(embedded_ward: Ward) -> None:
    """The stand-in's group takes one worker at a time reliably; two are tried on Kafka."""
    killed_while_moving_visits(embedded_ward, "told-and-not-written", workers=1)


@pytest.mark.kafka
@pytest.mark.parametrize("fault", ["told-and-not-written", "torn"])
def test_a_worker_killed_while_it_moves_visits_and_its_partitions_shared_by_two(
    ward: Ward, fault: str
) -> None:
    killed_while_moving_visits(ward, fault, workers=2)
