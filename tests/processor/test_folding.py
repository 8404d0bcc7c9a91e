"""One record's fault costs one record, and only what changed is written."""

import json
from typing import Any

import pytest

from schemas.rejections import RejectedEvent
from schemas.topics import partition_of
from services.safety.processor import changelog
from services.safety.processor.contract import Reject
from services.safety.processor.folding import PartitionWork, Place
from services.safety.processor.partition_state import PartitionState
from services.safety.processor.refusal import LedgerUnreadable, TooManyRejects
from services.safety.processor.rejects import RejectLimit, rejection
from services.stream.refusal import Refusal
from tests.processor.ledgers import Bare
from tests.processor.toy import Toy, ToyCore

PARTITIONS = 4
PATIENT = "p1"
HOME = partition_of(PATIENT, PARTITIONS)


def event(offset: int, patient: str = PATIENT, **more: Any) -> Bare:
    value = json.dumps({"p": patient, "n": offset, "t": offset, **more}).encode()
    return Bare(patient.encode(), value, partition=HOME, offset=offset)


def folded(
    *records: Bare, part: PartitionState[Toy] | None = None, core: ToyCore | None = None
) -> PartitionWork[Toy]:
    place = Place(HOME, PARTITIONS, b"1/4/-")
    work = PartitionWork(core or ToyCore(), part or PartitionState(), place, 900_000)
    for record in records:
        work.take(record)
    work.finish()
    return work


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("decode-raises", "decode-failed"), ("step-raises", "step-failed"), ("encode-raises",
        "encode-failed"), ("says-too-much", "too-large"), ("keeps-too-much", "too-large"),
    ],
)  # fmt: skip
def test_the_guilty_record_among_many_is_found_and_leaves_a_trace_in_its_ledger(
    deed: str, reason: str
) -> None:
    work = folded(*(event(n, **({"do": deed} if n == 5 else {})) for n in range(12)))
    assert [(reject.record.offset, reject.reason) for reject in work.rejects] == [(5, reason)]
    state = work.written[PATIENT.encode()].state
    assert state.count == 11
    assert state.unreadable == {f"{HOME}:5"}
    assert [emit.key.decode() for emit in work.emitted] == [f"p1/unreadable-{HOME}:5", "p1/count-7"]


def test_the_detail_of_a_reject_names_nobody() -> None:
    value = rejection(folded(event(1, do="decode-raises")).rejects[0]).value
    assert value is not None
    assert RejectedEvent.model_validate_json(value).detail == "KeyError"


def test_a_refusal_of_the_core_is_not_a_fault_of_the_record() -> None:
    class Refusing(ToyCore):
        def note(self, partition: int, event: dict[str, Any]) -> bool:
            raise Refusal("another knowledge version is needed")

    with pytest.raises(Refusal):
        folded(event(1), core=Refusing())


def test_every_write_ends_with_a_mark_even_if_no_ledger_changed() -> None:
    alive = Bare(None, b'{"source": "pump", "t": 40}', partition=HOME, offset=9)
    work = folded(alive)
    assert [changelog.read(_placed(item)).entity for item in work.items] == [changelog.MARK]
    assert work.last == 9
    assert work.rejects == []


def test_what_is_applied_is_not_stepped_again_but_what_was_not_marked_is_noted() -> None:
    part: PartitionState[Toy] = PartitionState()
    first = folded(event(1), event(2), part=part)
    part.install(first.written)  # the write was torn before its mark
    again = folded(event(1), event(2), event(3), part=part)
    assert again.written[PATIENT.encode()].state.count == 3
    assert again.last == 3


def test_an_event_that_changes_nothing_is_not_written() -> None:
    part: PartitionState[Toy] = PartitionState()
    part.install(folded(event(1), part=part).written)
    tick = Bare(PATIENT.encode(), b'{"p": "p1", "tick": true, "t": 0}', partition=HOME, offset=2)
    work = folded(tick, part=part)
    assert work.written == {}


def test_a_ledger_that_cannot_be_restored_is_a_refusal() -> None:
    part: PartitionState[Toy] = PartitionState()
    part.apply(changelog.Change(PATIENT.encode(), changelog.HEADER, b"from the future", 5, None, None))
    with pytest.raises(LedgerUnreadable, match="newer version"):
        folded(event(6), part=part)


def test_more_rejects_than_the_limit_within_the_window_are_a_refusal() -> None:
    now = [0.0]
    limit = RejectLimit(2, 600, clock=lambda: now[0])
    one = [Reject(event(1), "not-json", "")]
    limit.count(one)
    limit.count(one)
    now[0] = 601
    limit.count(one)
    limit.count(one)
    with pytest.raises(TooManyRejects, match="3 x not-json"):
        limit.count(one)


def _placed(item: changelog.Item) -> Bare:
    return Bare(item.key, item.value, headers=item.headers)
