"""`dosewarden up` as a person meets it: it plays the day, compares, and leaves nothing behind."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.launcher.launched import ALL_CAME, launched, nothing_is_left

pytestmark = [pytest.mark.embedded, pytest.mark.redis, pytest.mark.slow]


async def test_the_demo_ends_by_itself_and_everything_expected_came(tmp_path: Path) -> None:
    async with launched(tmp_path, "--demo", "--seconds", "20") as run:
        await run.until("facts of the weeks before")
        children = run.children
        code = await run.ended()
    assert (code, run.lines[-2]) == (0, ALL_CAME), run.said
    assert "stand-in" in run.said
    assert "bed-7" not in [line.split()[1] for line in run.lines if "ALERT" in line]
    nothing_is_left(run, children)


async def test_a_killed_safety_processor_is_started_again_and_nothing_is_lost(tmp_path: Path) -> None:
    async with launched(tmp_path, "--demo", "--seconds", "20") as run:
        await run.until("delivered to the pager")
        os.kill(run.child("services.safety.processor"), signal.SIGKILL)
        await run.until("safety ended by signal 9: starting it again (1 of 3)")
        children = run.children
        code = await run.ended()
    assert (code, run.lines[-2]) == (0, ALL_CAME), run.said
    nothing_is_left(run, children)


async def test_a_server_that_dies_ends_everything_and_is_named_with_its_last_words(tmp_path: Path) -> None:
    async with launched(tmp_path, "--demo") as run:
        await run.until("facts of the weeks before")
        children = run.children
        os.kill(run.child("valkey-server"), signal.SIGKILL)
        code = await run.ended()
    assert code == 1
    assert "the store ended; its last words:" in run.said
    nothing_is_left(run, children)


async def test_the_fhir_door_of_the_stack_is_ready_where_the_screen_says(tmp_path: Path) -> None:
    async with launched(tmp_path) as run:
        await run.until("given:")
        (place,) = [line.split()[1] for line in run.lines if line.split()[:1] == ["FHIR"]]
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while not await _ready(http, place.removesuffix("/fhir/R4")):
                assert run.process.returncode is None
            answer = await http.get(f"{place}/metadata")
        assert answer.json()["resourceType"] == "CapabilityStatement"
        run.process.send_signal(signal.SIGINT)
        assert await run.ended() == 0


async def _ready(http: httpx.AsyncClient, place: str) -> bool:
    try:
        return (await http.get(f"{place}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_it_stays_up_until_it_is_told_to_end_and_takes_everything_away(
    tmp_path: Path, how: signal.Signals
) -> None:
    async with launched(tmp_path) as run:
        await run.until("given:")
        children = run.children
        run.process.send_signal(how)
        code = await run.ended()
    assert code == 0, run.said
    nothing_is_left(run, children)


async def test_a_launcher_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    async with launched(tmp_path) as run:
        await run.until("given:")
        pids = {pid: os.pidfd_open(pid) for pid in run.children}
        run.process.kill()
        await run.process.wait()
        for descriptor in pids.values():
            assert await _gone(descriptor)


async def _gone(descriptor: int) -> bool:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(descriptor, over.set)
    try:
        async with asyncio.timeout(60):
            await over.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return True
