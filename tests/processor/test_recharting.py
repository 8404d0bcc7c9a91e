"""Doses charted again for other patients: whatever dies, real workers end as a single process does."""

import pytest

from schemas.clinical import PatientFact
from tests.builders import at, corrected, dose
from tests.engine.hospital import of
from tests.processor.test_merges import killed_while_forwarding, one_process, put, told
from tests.processor.ward import Ward

pytestmark = pytest.mark.slow
PAIRS = [(f"first-{number}", f"second-{number}") for number in range(6)]


def fifth(number: int) -> PatientFact:
    return dose(
        "baclofen", "20 mg", at(8), entity=f"MedicationAdministration/{number}", unique_in_source=True
    )


BEFORE = [
    *(
        of(each, dose("baclofen", "20 mg", at(hour)))
        for hour in (0, 2, 4, 6)
        for pair in PAIRS
        for each in pair
    ),
    *(of(first, fifth(number)) for number, (first, _) in enumerate(PAIRS)),
]
MOVED = [of(second, corrected(fifth(number), at(9))) for number, (_, second) in enumerate(PAIRS)]
MOVED_BACK = [of(first, corrected(fifth(number), at(10))) for number, (first, _) in enumerate(PAIRS[:3])]


def killed_while_charting_again(ward: Ward, fault: str, *, workers: int) -> None:
    killed_while_forwarding(ward, BEFORE, MOVED, fault, workers=workers)
    put(ward, [*MOVED_BACK, *MOVED])
    ward.until_done()
    expected = one_process([*BEFORE, *MOVED, *MOVED_BACK])
    withdrawn = [
        what for what in expected.values() if what[1] == "cumulative-dose" and what[3] == "withdrawn"
    ]
    assert len(withdrawn) == len(PAIRS)
    assert told(ward) == expected
    given_up = [message for message in ward.read(ward.events) if b'"recharted"' in message.value()]
    assert len({message.partition() for message in given_up}) > 1
    assert ward.read(ward.rejects) == []


@pytest.mark.embedded
def test_a_worker_killed_while_it_tells_what_was_charted_again(embedded_ward: Ward) -> None:
    """The stand-in's group takes one worker at a time reliably; two are tried on Kafka."""
    killed_while_charting_again(embedded_ward, "told-and-not-written", workers=1)


@pytest.mark.kafka
@pytest.mark.parametrize("fault", ["told-and-not-written", "torn"])
def test_a_worker_killed_while_it_tells_and_its_partitions_shared_by_two(ward: Ward, fault: str) -> None:
    killed_while_charting_again(ward, fault, workers=2)
