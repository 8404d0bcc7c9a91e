"""A changelog that somebody else wrote to, or that is not what it was, is never taken for the truth."""

import pytest
from confluent_kafka import Producer

from tests.processor.ward import Ward, agree

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def forged(ward: Ward, **switches: str) -> None:
    """A header from long ago is written into a changelog partition while its owner is at work."""
    ward.send(3000)
    worker = ward.worker(pace_s="0.001", **switches)
    worker.until_handled(600)
    late = next(m for m in ward.read(ward.changelog) if m.key().split(b"\0")[1] == b"h")
    intruder = Producer({"bootstrap.servers": ward.bootstrap})
    intruder.produce(
        ward.changelog, late.value(), key=late.key(), partition=late.partition(), headers=late.headers()
    )
    assert intruder.flush(30) == 0


def test_a_foreign_write_ends_the_owner_which_reads_again(ward: Ward) -> None:
    forged(ward)
    assert ward.workers[0].wait() == 1
    assert "LedgerFenced" in ward.workers[0].text()
    ward.worker()
    ward.until_done()
    agree(ward)


def test_without_the_fence_a_foreign_write_goes_unnoticed(ward: Ward) -> None:
    forged(ward, without="fence")
    ward.until_done()
    assert ward.workers[0].end() == 0
    assert ward.stale() > 0


def lost_changelog(ward: Ward, **switches: str) -> int:
    """The changelog is deleted and made anew, but the group's offsets stay."""
    ward.send(1500)
    worker = ward.worker()
    ward.until_done()
    assert worker.end() == 0
    for done in ward.admin.delete_topics([ward.changelog]).values():
        done.result()
    ward.eventually(lambda: ward.changelog not in ward.admin.list_topics(timeout=10).topics)
    ward.create(ward.changelog)
    ward.send(500, start=1500)
    again = ward.worker(**switches)
    if switches:
        ward.until_done()
        return again.end()
    return again.wait()


def test_a_lost_changelog_is_refused_with_the_way_to_rebuild(ward: Ward) -> None:
    assert lost_changelog(ward) == 3
    told = ward.workers[-1].text()
    assert "REFUSED" in told
    assert "it has lost its end, or all of it" in told
    assert "To rebuild the ledgers" in told


def test_without_the_verification_a_lost_changelog_would_begin_from_empty_ledgers(ward: Ward) -> None:
    lost_changelog(ward, without="verification")
    found = ward.found()
    assert sum(ledger[0] for ledger in found.ledgers.values()) == 500
