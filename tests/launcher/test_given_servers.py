"""`dosewarden up` on servers that are already there: it uses them and starts none."""

from pathlib import Path

import pytest

from services.launcher.servers.real_kafka import RealKafka
from tests.launcher.launched import ALL_CAME, launched, nothing_is_left

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]


async def test_given_servers_are_used_and_none_is_started(
    tmp_path: Path, own_kafka: RealKafka, store_url: str
) -> None:
    temporary = tmp_path / "launcher"
    temporary.mkdir()
    given = ("--kafka", own_kafka.bootstrap, "--redis", store_url)
    async with launched(temporary, "--demo", "--seconds", "20", *given) as run:
        await run.until("facts of the weeks before")
        commands = sorted(run.commands)
        code = await run.ended()
    assert (code, run.lines[-2]) == (0, ALL_CAME), run.said
    assert "stand-in" not in run.said
    assert [command.split(" -m ")[1].split()[0] for command in commands] == [
        "services.intake",
        "services.intake.kafka",
        "services.notifier",
        "services.safety.processor",
    ]
    async with launched(temporary, "--demo", *given) as again:
        assert await again.ended() == 2
    assert "holds" in again.said
    nothing_is_left(again, set())
