"""Children are started again, given up with their last words, and ended without leaving any behind."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from services.launcher.servers.child import Died
from services.launcher.supervisor import Restarts, Service, Supervisor
from services.notifier.stopping import Stop

QUICK = Restarts(most=2, within_s=60, first_wait_s=0.01)
ROOT = Path(__file__).parents[2]


def _service(directory: Path, *arguments: str) -> Service:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = directory / "safety.log"
    return Service("safety", "tests.launcher.failing_service", environment, log, arguments)


async def test_a_service_that_keeps_failing_is_named_with_its_last_words(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([_service(tmp_path, "1")], said.append, QUICK)
    with pytest.raises(ExceptionGroup) as failed:
        await supervisor.run(Stop())
    assert failed.group_contains(Died, match=r"(?s)safety ended with exit code 1.*the broker does not answer")
    assert said == [
        "safety ended with exit code 1: starting it again (1 of 2)",
        "safety ended with exit code 1: starting it again (2 of 2)",
    ]


@pytest.mark.parametrize("code", ["2", "3"])
async def test_a_service_that_was_started_wrongly_or_refuses_is_not_started_again(
    tmp_path: Path, code: str
) -> None:
    said: list[str] = []
    with pytest.raises(ExceptionGroup):
        await Supervisor([_service(tmp_path, code)], said.append, QUICK).run(Stop())
    assert said == []


async def test_a_killed_service_is_started_again_and_ended_at_the_end(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor, stop = Supervisor([_service(tmp_path)], said.append, QUICK), Stop()
    running = asyncio.create_task(supervisor.run(stop))
    async with asyncio.timeout(30):
        first = await supervisor.started("safety")
        os.kill(first, signal.SIGKILL)
        second = await supervisor.started("safety", after=first)
        stop.set()
        await running
    await supervisor.end()
    assert said == ["safety ended by signal 9: starting it again (1 of 2)"]
    for pid in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
