"""Damage to the history is found, every time, and the first bad offset is named."""

import random

import pytest

from services.notifier.audit.verifying import Anchor
from tests.notifier.audit.histories import Placed, anchor_of, history, verified

EVERY_OFFSET = range(12)


def test_a_history_as_it_was_sent_has_no_fault() -> None:
    records = history(12)
    verifier, faults = verified(records, anchors=[anchor_of(records)])
    assert (verifier.entries, verifier.repetitions, faults) == (12, 0, [])


@pytest.mark.parametrize("offset", EVERY_OFFSET)
@pytest.mark.parametrize(
    "change",
    [
        {"note": "x"},
        {"actor": "channel:terminal"},
        {"at": "2130-05-04T09:00:00Z"},
        {"surprise": 1},
        {"tier": 3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_altered_entry_is_named(offset: int, change: dict[str, object]) -> None:
    records = history(12)
    records[offset] = records[offset].altered(**change)
    _, faults = verified(records)
    assert [(fault.offset, fault.reason) for fault in faults] == [(offset, "altered")]


@pytest.mark.parametrize("offset", EVERY_OFFSET[:-1])
def test_an_altered_entry_with_a_new_hash_breaks_the_chain_behind_it(offset: int) -> None:
    records = history(12)
    records[offset] = records[offset].altered(rehashed=True, note="it was never so")
    _, faults = verified(records)
    assert [(fault.offset, fault.reason) for fault in faults] == [(offset + 1, "broken")]


def test_an_altered_last_entry_with_a_new_hash_is_found_by_the_anchor() -> None:
    records = history(12)
    anchor = anchor_of(records)
    records[-1] = records[-1].altered(rehashed=True, note="it was never so")
    _, faults = verified(records, anchors=[anchor])
    assert [fault.reason for fault in faults] == ["rewritten"]


@pytest.mark.parametrize("offset", EVERY_OFFSET[1:-1])
def test_a_deleted_entry_is_missed_where_it_stood(offset: int) -> None:
    records = history(12)
    del records[offset]
    _, faults = verified(records)
    assert [(fault.offset, fault.reason) for fault in faults] == [(offset, "missing")]


def test_a_deleted_beginning_is_missed() -> None:
    _, faults = verified(history(12)[4:])
    assert [(fault.offset, fault.reason) for fault in faults] == [(0, "beginning-missing")]


@pytest.mark.parametrize("offset", EVERY_OFFSET[:-1])
def test_two_entries_that_changed_places_are_found(offset: int) -> None:
    records = history(12)
    records[offset], records[offset + 1] = records[offset + 1], records[offset]
    _, faults = verified(records)
    assert [fault.offset for fault in faults] == [offset]


@pytest.mark.parametrize("kept", range(12))
def test_a_tail_that_was_cut_off_is_missed_by_the_anchor(kept: int) -> None:
    records = history(12)
    _, faults = verified(records[:kept], anchors=[anchor_of(records)])
    assert [(fault.offset, fault.reason) for fault in faults] == [(-1, "truncated")]


def test_an_inserted_entry_is_found() -> None:
    records = history(12)
    records.insert(6, records[5].altered(rehashed=True, event="acknowledged", actor="nobody"))
    _, faults = verified(records)
    assert [(fault.offset, fault.reason) for fault in faults] == [(6, "forked")]


def test_an_entry_without_a_hash_among_chained_ones_is_found() -> None:
    records = history(12)
    records.insert(6, records[5].without_chain())
    _, faults = verified(records)
    assert [(fault.offset, fault.reason) for fault in faults] == [(6, "unchained")]


def test_entries_of_a_release_without_a_chain_come_before_it_and_are_counted() -> None:
    verifier, faults = verified([history(1)[0].without_chain(), *history(3)])
    assert (verifier.unchained, verifier.entries, faults) == (1, 3, [])


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b"{}", b'{"kind":"alert-history","hash":1}'])
def test_a_record_that_is_no_entry_is_found(value: bytes | None) -> None:
    verifier, _ = verified(history(3))
    verifier.take(3, 3, b"03-a", value)
    assert [fault.offset for fault in verifier.faults()] == [3]


def test_a_record_under_the_key_of_another_alert_is_found() -> None:
    records = history(4)
    records[2] = Placed(b"03-another", records[2].value)
    _, faults = verified(records)
    assert [(fault.offset, fault.reason) for fault in faults] == [(2, "altered")]


def test_a_chain_in_another_partition_is_found() -> None:
    _, faults = verified(history(3), partition=2)
    assert {fault.reason for fault in faults} == {"out-of-place"}


def test_the_same_entry_with_its_bytes_in_another_order_is_found() -> None:
    records = history(3)
    value = b"{" + b'"actor":"nobody",' + records[1].value[1:]
    records[1] = Placed(records[1].key, value)
    _, faults = verified(records)
    assert [(fault.offset, fault.reason) for fault in faults] == [(1, "altered")]


def test_what_a_relay_sent_twice_is_no_fault() -> None:
    records = history(12)
    twice = [*records[:8], *records[4:8], *records[6:]]
    verifier, faults = verified(twice, anchors=[anchor_of(records)])
    assert (verifier.entries, faults) == (12, [])


def test_what_a_send_that_failed_half_way_left_is_no_fault() -> None:
    records = history(12)
    left = [*records[:4], records[5], records[7], *records[4:]]
    verifier, faults = verified(left, anchors=[anchor_of(records)])
    assert (verifier.entries, verifier.repetitions, faults) == (12, 2, [])


def test_an_anchor_of_a_chain_that_is_gone_is_missed() -> None:
    _, faults = verified([], anchors=[Anchor("0a-1", 7, "0" * 64)])
    assert [(fault.partition, fault.chain, fault.reason) for fault in faults] == [(1, "0a-1", "truncated")]


def test_chains_of_one_partition_do_not_disturb_each_other() -> None:
    mixed = [r for pair in zip(history(9), history(9, tag="0b"), strict=True) for r in pair]
    verifier, faults = verified(mixed)
    assert (set(verifier.chains), verifier.entries, faults) == ({"03-3", "0b-3"}, 18, [])


def test_random_damage_is_found_every_time() -> None:
    chance = random.Random(20)
    for _ in range(500):
        records = history(30)
        anchor = anchor_of(records)
        _damage(records, chance)
        _, faults = verified(records, anchors=[anchor])
        assert faults


def _damage(records: list[Placed], chance: random.Random) -> None:
    place, kind = chance.randrange(len(records)), chance.randrange(5)
    if kind == 0:
        value = bytearray(records[place].value)
        value[chance.randrange(len(value))] ^= 1 << chance.randrange(7)
        records[place] = Placed(records[place].key, bytes(value))
    elif kind == 1:
        del records[place]
    elif kind == 2:
        del records[place:]
    elif kind == 3:
        other = (place + 1 + chance.randrange(len(records) - 1)) % len(records)
        records[place], records[other] = records[other], records[place]
    else:
        records[place] = records[place].altered(rehashed=True, note=str(chance.random()))
