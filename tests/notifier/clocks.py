"""Processes whose clock a test sets while they run (libfaketime): the time of day, not how time passes."""

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import missing

_WRAPPER = "faketime"
_LIBRARY = "libfaketimeMT.so.1"


class SetClock:
    """A clock in a file: `put` says by how many seconds it is wrong from now on."""

    def __init__(self, directory: Path, name: str) -> None:
        self._file = directory / f"{name}.clock"
        self.put(0)

    def put(self, seconds: int) -> None:
        """Set it wrong; a process looks at most a second later."""
        made = self._file.with_suffix(".new")
        made.write_text(f"{seconds:+d}\n")
        made.replace(self._file)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs in its environment to live by this clock."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def around(self, binary: Path) -> Path:
        """A program that is `binary`, living by this clock."""
        stated = " ".join(shlex.quote(f"{name}={value}") for name, value in self.environment.items())
        made = self._file.with_suffix(".sh")
        made.write_text(f'#!/bin/sh\nexec env {stated} {shlex.quote(str(binary))} "$@"\n')
        made.chmod(0o755)
        return made


def _library() -> Path:
    if shutil.which(_WRAPPER) is None:
        missing("no libfaketime on this machine (Debian: faketime)")
    return next(Path("/usr/lib").glob(f"*/faketime/{_LIBRARY}"))
