"""A launcher as a person starts it: a process whose lines are read and whose children are known."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240.0
ALL_CAME = "Everything that was expected came, and nothing else."


def descendants(pid: int) -> set[int]:
    """The process ids of all children, their children included."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = {int(child) for child in (task / "children").read_text().split()}
        except OSError:
            continue
        for child in children:
            found |= {child} | descendants(child)
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run."""
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def command_of(pid: int) -> str:
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


@dataclass
class Launched:
    """`temporary` is where it makes its directories; `lines` is what it has said so far."""

    process: Process
    temporary: Path
    lines: list[str] = field(default_factory=list)

    async def until(self, text: str) -> str:
        """The first line from here on that contains a text."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            async for raw in self.process.stdout:
                self.lines.append(raw.decode().rstrip())
                if text in self.lines[-1]:
                    return self.lines[-1]
        raise AssertionError(f"{text!r} was never said:\n{self.said}")

    async def ended(self) -> int:
        """The exit code, once it has said everything."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            async for raw in self.process.stdout:
                self.lines.append(raw.decode().rstrip())
            return await self.process.wait()

    @property
    def said(self) -> str:
        """Everything so far."""
        return "\n".join(self.lines)

    @property
    def children(self) -> set[int]:
        """The process ids below it now."""
        return descendants(self.process.pid)

    @property
    def commands(self) -> list[str]:
        """The command lines below it now."""
        return [command_of(pid) for pid in self.children]

    def child(self, part: str) -> int:
        """The child whose command line contains a text."""
        return next(pid for pid in self.children if part in command_of(pid))


@asynccontextmanager
async def launched(temporary: Path, *arguments: str) -> AsyncIterator[Launched]:
    """`dosewarden up` with these arguments, its temporary directories below `temporary`."""
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cli.main", "up", *arguments,
        stdout=PIPE, stderr=STDOUT, env=environment, cwd=ROOT, limit=1 << 20,
    )  # fmt: skip
    try:
        yield Launched(process, temporary)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def nothing_is_left(run: Launched, children: set[int]) -> None:
    """No process, no file, and no error that nobody caught."""
    assert alive(children) == set()
    assert list(run.temporary.iterdir()) == []
    assert "Traceback" not in run.said
