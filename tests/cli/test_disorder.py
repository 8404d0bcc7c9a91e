"""Disorder that can be repeated."""

from collections import Counter

import pytest

from services.cli.disorder import disordered

ITEMS = list(range(1_000))


def test_without_disorder_nothing_changes() -> None:
    assert disordered(ITEMS, shuffle=None, duplicate=0) == ITEMS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_shuffle_permutes_and_its_seed_repeats_it(seed: int) -> None:
    once, again = (disordered(ITEMS, shuffle=seed, duplicate=0) for _ in range(2))
    assert once == again != ITEMS
    assert sorted(once) == ITEMS


@pytest.mark.parametrize("shuffle", [None, 7])
def test_duplicates_come_besides_the_first_and_nothing_is_lost(shuffle: int | None) -> None:
    counts = Counter(disordered(ITEMS, shuffle=shuffle, duplicate=0.2))
    assert set(counts) == set(ITEMS)
    assert set(counts.values()) == {1, 2}
    assert 100 < sum(count == 2 for count in counts.values()) < 300


def test_in_order_a_duplicate_comes_after_its_first() -> None:
    mixed = disordered(ITEMS, shuffle=None, duplicate=0.5)
    assert [item for place, item in enumerate(mixed) if item not in mixed[:place]] == ITEMS
