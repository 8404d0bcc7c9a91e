"""A worker seldom searches for garbage, and never among what it has loaded."""

import gc
from collections.abc import Iterator

import pytest

from services.safety.processor.collecting import MADE_BETWEEN, spare_the_lasting


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_loaded_is_no_longer_searched_for_garbage() -> None:
    loaded = [["a row"]]
    spare_the_lasting()
    assert all(loaded is not found for found in gc.get_objects())
    assert gc.get_threshold()[0] == MADE_BETWEEN


def test_cycles_made_later_are_still_found() -> None:
    spare_the_lasting()
    cycle: list[object] = []
    cycle.append(cycle)
    del cycle
    assert gc.collect() >= 1
