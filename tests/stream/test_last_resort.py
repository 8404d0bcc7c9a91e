"""A worker whose stopping hangs is ended all the same, and its cause is not lost with it."""

import subprocess
import sys

HANGS = """
import threading
from services.stream.running import LastResort
LastResort(0.05, lambda: RuntimeError("the write was refused")).arm()
threading.Event().wait()
"""


def test_a_stop_that_hangs_ends_as_failed_and_names_what_had_gone_wrong() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "FAILED: RuntimeError: the write was refused" in ended.stderr
    assert "offsets stand" in ended.stderr
