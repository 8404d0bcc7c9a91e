"""The order in which real stays are told, and what is told twice, leave no trace in their history."""

import subprocess
import sys

import pytest

from tests.stack.mimic import DIRECTORY, needs_tables


def history(*disorder: str) -> bytes:
    """What `dosewarden replay --history` writes."""
    command = ["replay", "--format", "mimic3", str(DIRECTORY), "--history", *disorder]
    ended = subprocess.run(
        [sys.executable, "-m", "services.cli.main", *command], capture_output=True, check=True, timeout=300
    )
    return ended.stdout


@pytest.mark.mimic
@pytest.mark.slow
def test_history_is_the_same_for_three_shuffles_and_a_fifth_told_twice() -> None:
    needs_tables()
    told = history()
    assert len(told.splitlines()) > 100
    for seed in (1, 2, 3):
        assert history("--shuffle", str(seed), "--duplicate", "0.2") == told
