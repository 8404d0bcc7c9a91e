"""Processes that say nothing for a while."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager


def hang(pid: int) -> None:
    """Stop a child process; returns when it does nothing more."""
    os.kill(pid, signal.SIGSTOP)
    os.waitpid(pid, os.WUNTRACED)


@contextmanager
def hanging(pid: int | None) -> Iterator[None]:
    """A child process says nothing while the context lasts."""
    assert pid is not None
    hang(pid)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
