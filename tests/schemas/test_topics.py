"""Topics: one partitioner for all of a patient's records, and settings that keep what must be kept."""

from collections import Counter
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import ALL_TOPICS, DAY_MS, DETECTED_ISSUES, LEDGER_CHANGELOG, PATIENT_EVENTS, partition_of


@given(st.text(min_size=1), st.integers(min_value=1, max_value=48))
def test_a_patient_stays_in_one_partition_that_exists(patient: str, partitions: int) -> None:
    found = partition_of(patient, partitions)
    assert 0 <= found < partitions
    assert found == crc32(patient.encode()) % partitions


def test_patients_spread_over_all_partitions() -> None:
    spread = Counter(partition_of(f"{number:032x}", 24) for number in range(24_000))
    assert len(spread) == 24
    assert max(spread.values()) < 1.3 * min(spread.values())


def test_compaction_waits_a_day_so_that_a_stale_write_cannot_be_all_that_is_left() -> None:
    assert LEDGER_CHANGELOG.config() == {"cleanup.policy": "compact", "min.compaction.lag.ms": str(DAY_MS)}
    assert DETECTED_ISSUES.config()["cleanup.policy"] == "compact"


def test_events_are_kept_longer_than_any_ledger_reaches_back() -> None:
    assert int(PATIENT_EVENTS.config()["retention.ms"]) >= 45 * DAY_MS


def test_topic_names_are_distinct() -> None:
    assert len({topic.name for topic in ALL_TOPICS}) == len(ALL_TOPICS)
