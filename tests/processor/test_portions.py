"""A portion of patients is bounded by how many facts they have, not only by how many they are."""

from collections import deque

import pytest

from services.safety.processor.partition_state import PartitionState, Written
from services.safety.processor.portions import portion
from tests.processor.toy import Toy, ToyCore

CORE = ToyCore()


def ward(*facts: int) -> tuple[PartitionState[Toy], deque[bytes]]:
    """Patients with so many facts each, and one who was never finished."""
    part: PartitionState[Toy] = PartitionState()
    for number, count in enumerate(facts):
        state = Toy(f"p{number}", facts=frozenset(range(count)))
        part.install({f"p{number}".encode(): Written(state, 1, None)})
    return part, deque([b"unknown", *part.patients])


@pytest.mark.parametrize(
    ("patients", "facts", "taken"),
    [(10, 1_000, 3), (2, 1_000, 2), (10, 101, 2), (10, 100, 1), (10, 1, 1), (10, 0, 0)],
)
def test_it_ends_with_the_patient_who_fills_it(patients: int, facts: int, taken: int) -> None:
    part, left = ward(100, 100, 100)
    found = [patient for patient, _ in portion(CORE, part, left, patients=patients, facts=facts)]
    assert found == [b"p0", b"p1", b"p2"][:taken]
    assert b"p%d" % taken in left or taken == 3


def test_however_heavy_a_patient_is_everybody_is_reached() -> None:
    part, left = ward(50_000, 3, 70_000)
    found = []
    while left:
        found += [patient for patient, _ in portion(CORE, part, left, patients=100, facts=20_000)]
    assert found == [b"p0", b"p1", b"p2"]
