"""What is read back from a changelog: late writes refused, torn writes kept, missing ends noticed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from faust.types import TP

from services.safety.processor import changelog
from services.safety.processor.changelog import HEADER, Kind
from services.safety.processor.contract import Entity
from services.safety.processor.identity import SourceIdentity
from services.safety.processor.partition_state import PartitionState, Written
from services.safety.processor.refusal import LedgerMismatch
from services.safety.processor.review_queue import ReviewQueue
from services.safety.processor.settings import Settings
from services.safety.processor.store import LedgerFenced
from services.safety.processor.verification import verify_ledger
from tests.processor.ledgers import Bare
from tests.processor.toy import START, Toy, ToyCore

NOW = SourceIdentity("patient-events", "a-topic-id", 4, 1)
FACT = Entity(Kind.FACT, "1")


def held(count: int) -> bytes:
    return ToyCore().header(Toy("p", count=count))


def change(entity: Entity, payload: bytes | None, applied: int, tag: bytes = NOW.tag()) -> changelog.Change:
    return changelog.Change(b"p", entity, payload, applied, tag if entity == HEADER else None, None)


def test_records_read_back_as_they_were_written() -> None:
    review = START + timedelta(microseconds=7)
    items = [
        changelog.entity_item(b"p", Entity(Kind.FACT, "an\0odd id"), None, 3),
        changelog.header_item(b"p", b"held", 3, b"tag", review),
        changelog.mark_item(b"memory", 4, b"tag"),
    ]
    read = [changelog.read(Bare(item.key, item.value, headers=item.headers)) for item in items]
    assert read == [
        changelog.Change(b"p", Entity(Kind.FACT, "an\0odd id"), None, 3, None, None),
        changelog.Change(b"p", HEADER, b"held", 3, b"tag", review),
        changelog.Change(b"", changelog.MARK, b"memory", 4, b"tag", None),
    ]


@pytest.mark.parametrize("record", [Bare(b"p", b""), Bare(b"p\0h\0", b""), Bare(None, b"")])
def test_a_record_that_is_none_of_ours_is_refused(record: Bare) -> None:
    with pytest.raises(changelog.ForeignRecord):
        changelog.read(record)


def test_a_header_from_the_past_does_not_replace_a_newer_one() -> None:
    part: PartitionState[Toy] = PartitionState()
    for one in (change(HEADER, held(9), 9), change(HEADER, held(5), 5), change(FACT, b"", 4)):
        part.apply(one)
    state = part.state(b"p", ToyCore())  # type: ignore[arg-type]
    assert state is not None
    assert (state.count, state.facts) == (9, frozenset())
    assert part.stale_records == 2


def test_a_mark_from_the_past_does_not_replace_a_newer_one() -> None:
    part: PartitionState[Toy] = PartitionState()
    for handled in (9, 5):
        part.apply(changelog.Change(b"", changelog.MARK, b"%d" % handled, handled, NOW.tag(), None))
    assert (part.marked, part.memory) == (9, b"9")


def test_an_entity_newer_than_its_header_makes_the_patient_torn() -> None:
    told: list[bool] = []

    class Watching(ToyCore):
        def restore(self, *args: Any) -> Toy:
            told.append(args[-1])
            return super().restore(*args)

    part: PartitionState[Toy] = PartitionState()
    part.apply(change(HEADER, held(2), 2))
    part.apply(change(FACT, b"", 5))
    part.state(b"p", Watching())  # type: ignore[arg-type]
    assert told == [True]
    assert list(part.headerless(6)) == []
    part.apply(change(Entity(Kind.FACT, "2"), b"", 5))
    assert list(part.headerless(6)) == [b"p"]


def verified(
    part: PartitionState[Toy], *, now: SourceIdentity = NOW, resume_at: int = 10, committed: int | None = 10,
    end: int = 20, changelog_bounds: tuple[int, int] = (0, 3),
) -> None:  # fmt: skip
    tp = TP("patient-events", 0)
    verify_ledger(Settings(), NOW, now, part, tp, resume_at, committed, end, changelog_bounds)


def fitting() -> PartitionState[Toy]:
    part: PartitionState[Toy] = PartitionState()
    part.apply(change(HEADER, held(2), 8))
    part.mark(9, None)
    part.watermark = 2
    return part


def test_a_ledger_that_fits_is_accepted() -> None:
    verified(fitting())


@pytest.mark.parametrize(
    ("doubt", "why"),
    [
        ({"now": replace(NOW, topic_id="another")}, "topic id"),
        ({"now": replace(NOW, partitions=6)}, "6 partitions"),
        ({"end": 9}, "speak of offset 9"),
        ({"committed": 21}, "committed 21"),
        ({"committed": 11}, "lost its end"),
    ],
)
def test_every_doubt_is_a_refusal_that_says_how_to_rebuild(doubt: dict[str, Any], why: str) -> None:
    with pytest.raises(LedgerMismatch, match=why) as refused:
        verified(fitting(), **doubt)
    assert "To rebuild the ledgers" in str(refused.value)


def test_a_ledger_of_another_topic_is_refused() -> None:
    part = fitting()
    part.sources.add(b"1/4/another")
    with pytest.raises(LedgerMismatch, match="folded from topic id another"):
        verified(part)


def test_a_changelog_not_read_to_its_end_is_not_used() -> None:
    with pytest.raises(LedgerFenced, match="read to offset 2, but its last is 4"):
        verified(fitting(), changelog_bounds=(0, 5))


def test_an_emptied_changelog_is_followed_at_its_end() -> None:
    part: PartitionState[Toy] = PartitionState()
    verified(part, committed=None, changelog_bounds=(7, 7))
    assert part.watermark == 6


def test_a_review_is_due_once_until_it_is_put_back_or_scheduled_anew() -> None:
    queue, due = ReviewQueue(), START + timedelta(hours=1)
    queue.schedule(b"p", due)
    assert list(queue.due_by(START)) == []
    assert list(queue.due_by(due)) == [(b"p", due)]
    assert list(queue.due_by(due)) == []
    assert queue.due(b"p") == due
    queue.put_back(b"p", due)
    assert list(queue.due_by(due)) == [(b"p", due)]
    queue.schedule(b"p", due + timedelta(hours=1))
    queue.put_back(b"p", due)
    assert list(queue.due_by(due)) == []


def test_reviews_are_rebuilt_from_headers() -> None:
    part: PartitionState[Toy] = PartitionState()
    part.apply(changelog.Change(b"p", HEADER, held(1), 1, NOW.tag(), START))
    part.apply(changelog.Change(b"q", HEADER, held(1), 2, NOW.tag(), None))
    assert list(part.reviews.due_by(START)) == [(b"p", START)]
    part.install({b"p": Written(Toy("p"), 3, START + timedelta(days=1))})
    assert part.reviews.due(b"p") == START + timedelta(days=1)
