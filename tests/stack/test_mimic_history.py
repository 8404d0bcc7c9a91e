"""The order in which real stays are told, and what is told twice, leave no trace in their history."""

import pytest

from tests.stack.mimic import DIRECTORY, needs_tables
from tests.stack.running import dosewarden


def history(*disorder: str) -> str:
    """What `dosewarden replay --history` writes."""
    return dosewarden("replay", "--format", "mimic3", str(DIRECTORY), "--history", *disorder)


@pytest.mark.mimic
@pytest.mark.slow
def test_history_is_the_same_for_three_shuffles_and_a_fifth_told_twice() -> None:
    needs_tables()
    told = history()
    assert len(told.splitlines()) > 100
    for seed in (1, 2, 3):
        assert history("--shuffle", str(seed), "--duplicate", "0.2") == told
