"""Keeps child processes running: started in order, started again when they fail, ended by process id.

A service that cannot do its work safely exits (the safety processor does so on every I/O error, its offset
standing) and is started again, some times and with growing waits; then we give up and say which one it was.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.launcher.servers.child import Died, last_lines, leash
from services.notifier.stopping import Stop

_HOPELESS = frozenset((2, 3))
"""Exit codes after which a new start changes nothing: a setting is wrong; the service refuses to work."""
ENDED_WITHIN_S = 15.0
"""What a service may take to end in good order; then it is killed."""


@dataclass(frozen=True, slots=True)
class Restarts:
    """At most `most` new starts within `within_s` seconds; waits double from `first_wait_s`."""

    most: int = 3
    within_s: float = 60.0
    first_wait_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Service:
    """A module that runs as a child process, with settings in its environment and its words in `log`."""

    name: str
    module: str
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    arguments: tuple[str, ...] = ()


class Supervisor:
    """`say` is told in a line of each start that was not the first."""

    def __init__(self, services: Sequence[Service], say: Callable[[str], None], restarts: Restarts) -> None:
        self._services = services
        self._say = say
        self._restarts = restarts
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._changed = asyncio.Condition()

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of what runs now."""
        return {name: process.pid for name, process in self._running.items() if process.returncode is None}

    async def started(self, name: str, *, after: int = 0) -> int:
        """Wait until a service runs under another process id than `after`; that id."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.pids.get(name, after) != after)
            return self.pids[name]

    async def run(self, stop: Stop) -> None:
        """Keep everything running until `stop`. Raises a group of `Died` for what keeps failing."""
        async with asyncio.TaskGroup() as tasks:
            for service in self._services:
                tasks.create_task(self._keep(service, stop))

    async def _keep(self, service: Service, stop: Stop) -> None:
        clock = asyncio.get_running_loop().time
        starts: list[float] = []
        while not stop:
            starts = [at for at in starts if clock() - at < self._restarts.within_s] + [clock()]
            process = await _started(service)
            async with self._changed:
                self._running[service.name] = process
                self._changed.notify_all()
            code = await stop.or_else(process.wait())
            if code is None:
                return
            ended = f"{service.name} ended {_how(code)}"
            if code in _HOPELESS or len(starts) > self._restarts.most:
                raise Died(f"{ended}; its last words:\n{last_lines(service.log)}")
            self._say(f"{ended}: starting it again ({len(starts)} of {self._restarts.most})")
            await stop.sleep(self._restarts.first_wait_s * 2 ** (len(starts) - 1))

    async def end(self) -> None:
        """End what runs, the last started first: SIGTERM, and SIGKILL when that is not enough."""
        for process in reversed(self._running.values()):
            if process.returncode is None:
                process.terminate()
        for process in reversed(self._running.values()):
            try:
                await asyncio.wait_for(process.wait(), ENDED_WITHIN_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _started(service: Service) -> asyncio.subprocess.Process:
    with service.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *leash(),
            sys.executable,
            "-m",
            service.module,
            *service.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(service.environment),
            process_group=0,
        )


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"
