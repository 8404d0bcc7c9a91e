"""A source that skips, shrinks, or is another one than it was."""

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewPartitions

from schemas.issues import DETECTED_ISSUE_RECORD, RecordsLost
from schemas.rejections import RejectedEvent
from tests.processor.ward import Ward, agree

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_fetches_that_vanish_are_fetched_again(ward: Ward) -> None:
    ward.send(4000, odd=[b"{broken"] * 3)
    worker = ward.worker(fault="vanish:0.2", batch_records="100")
    ward.until_done()
    assert worker.end() == 0
    assert "seeking back" in worker.text()
    agree(ward)


def test_without_continuity_fetches_that_vanish_are_lost_events(ward: Ward) -> None:
    ward.send(4000)
    ward.worker(fault="vanish:0.2", batch_records="100", without="continuity")
    ward.until_done()
    assert sum(ledger[0] for ledger in ward.found().ledgers.values()) < 4000


def made_anew(ward: Ward, without: str = "") -> int:
    """The source is deleted and made anew with fewer, other events, while ledgers and group stay."""
    ward.send(2000)
    worker = ward.worker()
    ward.until_done()
    assert worker.end() == 0
    for done in ward.admin.delete_topics([ward.events]).values():
        done.result()
    ward.eventually(lambda: ward.events not in ward.admin.list_topics(timeout=10).topics)
    ward.create(ward.events)
    ward.sent.clear()
    ward.send(400, start=5000)
    again = ward.worker(without=without)
    if without:
        ward.until_done()
        return again.end()
    return again.wait()


def test_a_source_made_anew_is_refused(ward: Ward) -> None:
    assert made_anew(ward) == 3
    told = ward.workers[-1].text()
    assert "folded from topic id" in told
    assert "To rebuild the ledgers" in told


def test_without_the_verification_the_events_of_a_source_made_anew_are_passed_over(ward: Ward) -> None:
    made_anew(ward, "verification")
    assert sum(ledger[0] for ledger in ward.found().ledgers.values()) == 2000, (
        "none of the new 400 was judged"
    )


def test_a_source_made_anew_under_a_running_worker_stops_it(ward: Ward) -> None:
    ward.send(2000)
    worker = ward.worker()
    ward.until_done()
    for done in ward.admin.delete_topics([ward.events]).values():
        done.result()
    ward.eventually(lambda: ward.events not in ward.admin.list_topics(timeout=10).topics)
    ward.create(ward.events)
    ward.send(400, start=5000)
    assert worker.wait() in (1, 3)
    assert ward.worker().wait() == 3


def test_added_partitions_stop_a_running_worker_and_are_refused_at_the_next_start(ward: Ward) -> None:
    ward.send(1000)
    worker = ward.worker()
    ward.until_done()
    for done in ward.admin.create_partitions([NewPartitions(ward.events, 6)]).values():
        done.result()
    assert worker.wait() == 3, worker.tail()
    assert ward.worker().wait() == 3
    assert "need equal numbers of partitions" in ward.workers[-1].text()


def removed_unread(ward: Ward, kept: int) -> None:
    """1,000 events judged, then about 400 sent and removed but for the last `kept` of each partition."""
    ward.send(1000)
    worker = ward.worker()
    ward.until_done()
    assert worker.end() == 0
    ward.send(400, start=1000)
    partitions = range(ward.partitions)
    removed = ward.admin.delete_records(
        [TopicPartition(ward.events, p, ward.end_of(p) - kept) for p in partitions]
    )
    for done in removed.values():
        done.result()


def told_lost(ward: Ward) -> set[tuple[str, int | None]]:
    """Reason and partition of every reject."""
    rejects = [RejectedEvent.model_validate_json(m.value()) for m in ward.read(ward.rejects)]
    return {(r.reason, r.origin.partition) for r in rejects}


def called_for(ward: Ward) -> list[RecordsLost]:
    """The losses that the notifier is told of."""
    told = [DETECTED_ISSUE_RECORD.validate_json(m.value()) for m in ward.read(ward.issues) if _lost(m.key())]
    return [record for record in told if isinstance(record, RecordsLost)]


def _lost(key: bytes) -> bool:
    return key.startswith(b"records-lost:")


def test_records_removed_before_they_were_judged_leave_a_trace(ward: Ward) -> None:
    removed_unread(ward, kept=10)
    again = ward.worker()
    ward.until_done()
    assert again.end() == 0
    assert told_lost(ward) == {("records-lost", p) for p in range(ward.partitions)}
    assert {(loss.topic, loss.partition) for loss in called_for(ward)} == {
        (ward.events, p) for p in range(ward.partitions)
    }
    assert sum(loss.last - loss.first + 1 for loss in called_for(ward)) == 400 - 10 * ward.partitions
    assert "DATA LOST" in again.text()
    assert sum(ledger[0] for ledger in ward.found().ledgers.values()) == 1000 + 10 * ward.partitions


def test_records_removed_to_the_very_end_leave_a_trace_before_anything_follows(ward: Ward) -> None:
    removed_unread(ward, kept=0)
    again = ward.worker()
    ward.eventually(lambda: len(called_for(ward)) == ward.partitions)
    assert told_lost(ward) == {("records-lost", p) for p in range(ward.partitions)}
    ward.send(200, start=1400)
    ward.until_done()
    assert again.end() == 0
    assert again.text().count("DATA LOST") == ward.partitions
    assert sum(ledger[0] for ledger in ward.found().ledgers.values()) == 1200


def test_a_record_in_the_wrong_partition_or_under_the_wrong_key_does_not_split_a_ledger(ward: Ward) -> None:
    ward.send(500)
    home = ward.home("p1")
    ward.put("p1", b'{"p": "p1", "n": 900, "t": 600}', partition=(home + 1) % ward.partitions)
    ward.put("p2", b'{"p": "p1", "n": 901, "t": 600}')
    ward.flush()
    ward.worker()
    ward.until_done()
    rejects = [RejectedEvent.model_validate_json(m.value()) for m in ward.read(ward.rejects)]
    assert sorted(r.reason for r in rejects) == ["key-mismatch", "wrong-partition"]
    assert sum(ledger[0] for ledger in ward.found().ledgers.values()) == 500


def test_without_isolation_one_bad_record_stops_a_partition_for_good(ward: Ward) -> None:
    ward.send(1000, odd=[b"{broken"])
    for _ in range(2):
        assert ward.worker(without="isolation").wait() == 1
    assert not ward.done()


def test_more_bad_records_than_the_limit_stop_the_worker_before_anything_is_said(ward: Ward) -> None:
    ward.send(1000, odd=[b"{broken"] * 50)
    assert ward.worker(batch_records="2000").wait() == 3
    told = ward.workers[-1].text()
    assert "could not be understood within 600 s" in told
    assert "DOSEWARDEN_REJECT_LIMIT" in told
    worker = ward.worker(reject_limit="100")
    ward.until_done()
    assert worker.end() == 0
    agree(ward)
