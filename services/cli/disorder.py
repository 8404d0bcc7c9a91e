"""Events in another order, and some of them twice, as networks deliver them; repeatable by its seed."""

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def disordered(items: Sequence[Item], *, shuffle: int | None, duplicate: float) -> list[Item]:
    """A share `duplicate` of the items once more, each at a random later place; all permuted if `shuffle` is
    a seed.

    Without a seed, repetition follows the seed 0 and the order stays.
    """
    chance = random.Random(shuffle or 0)
    again = [(place, item) for place, item in enumerate(items) if chance.random() < duplicate]
    if shuffle is not None:
        mixed = [*items, *(item for _, item in again)]
        chance.shuffle(mixed)
        return mixed
    placed = [(float(place), item) for place, item in enumerate(items)]
    placed += [(chance.uniform(place, len(items)), item) for place, item in again]
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]
