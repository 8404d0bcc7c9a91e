"""Which partition emitted records go to."""

from schemas.topics import partition_of
from services.safety.processor.addressing import addressed
from services.safety.processor.contract import Emit


def test_issues_stay_and_events_go_to_the_partition_of_their_patient_in_order() -> None:
    patients = [f"p{number}" for number in range(8)]
    emitted = [Emit("issues", b"an issue", b"1")]
    emitted += [Emit("events", patient.encode(), str(n).encode()) for n in range(2) for patient in patients]
    found = addressed(emitted, 3, 4)
    assert [item.value for item in found["issues", 3]] == [b"1"]
    for (role, partition), items in found.items():
        if role == "events":
            mine = [patient for patient in patients if partition_of(patient, 4) == partition]
            assert [(item.key.decode(), item.value) for item in items] == [
                (patient, number) for number in (b"0", b"1") for patient in mine
            ]
    assert sum(map(len, found.values())) == len(emitted)
