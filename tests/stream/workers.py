"""Worker processes under test: their words on standard output are read as they come."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 180.0
SESSION_S = 6.0


class Worker:
    """The module `module` in a process of its own. After the word `counting` it says how many records."""

    def __init__(self, module: str, counting: str, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.words: list[str] = []
        self._counting = counting + " "
        self._heard = threading.Condition()
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module],
                env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, text=True,
            )  # fmt: skip
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._heard:
                    self.words.append(line.strip())
                    self._heard.notify_all()
        with self._heard:
            self._heard.notify_all()

    def until(self, said: Callable[[list[str]], bool]) -> None:
        """Wait until its words satisfy; fail where it ends first, or says nothing of the kind in time."""
        with self._heard:
            satisfied = self._heard.wait_for(
                lambda: said(self.words) or not self._reader.is_alive(), PATIENCE_S
            )
        assert satisfied and said(self.words), f"worker said {self.words[-3:]}\n{self.tail()}"

    def until_handled(self, records: int) -> None:
        """Wait until it has handled so many records, its own count."""
        self.until(lambda _: self.handled >= records)

    def handles_within(self, records: int, seconds: float) -> bool:
        """Whether it comes to have handled so many records by then; fail where it has ended."""
        with self._heard:
            done = self._heard.wait_for(lambda: self.handled >= records, seconds)
        assert done or self._reader.is_alive(), f"worker ended\n{self.tail()}"
        return done

    @property
    def handled(self) -> int:
        """How many records it has handled so far, by its own count."""
        counted = (int(word.split()[1]) for word in self.words if word.startswith(self._counting))
        return max(counted, default=0)

    def go_on(self) -> None:
        """Let a batch that stands still go on."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait; the exit code."""
        self.process.send_signal(by)
        return self.wait()

    def wait(self) -> int:
        """Wait for its own end; the exit code."""
        code = self.process.wait(PATIENCE_S)
        if self.process.stdin is not None:
            self.process.stdin.close()
        self._reader.join(10)
        return code

    def text(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace")

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.text().splitlines()[-15:])
