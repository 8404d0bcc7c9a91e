"""However a notifier ends, it ends in time and leaves nothing open."""

import asyncio
import gc
import warnings
from dataclasses import replace

import pytest
from aiokafka.errors import KafkaConnectionError

from services.launcher.servers.child import free_port
from services.notifier.app import Notifier
from services.notifier.settings import Settings
from services.notifier.stopping import goodbye

pytestmark = pytest.mark.asyncio


async def test_one_that_is_told_to_end_before_kafka_ever_spoke_ends() -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    notifier = Notifier(replace(Settings(), kafka=f"127.0.0.1:{port}"), {})
    running = asyncio.create_task(notifier.run())
    await asked.wait()
    async with asyncio.timeout(8):
        notifier.stop()
        await running
    server.close()


async def test_one_that_finds_no_kafka_leaves_nothing_open() -> None:
    notifier = Notifier(replace(Settings(), kafka=f"127.0.0.1:{free_port()}"), {})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(KafkaConnectionError):
            await notifier.run()
        del notifier
        gc.collect()
    assert [str(each.message) for each in said if each.category is ResourceWarning] == []


async def test_a_farewell_that_does_not_let_itself_be_broken_off_holds_nobody() -> None:
    over = asyncio.Event()

    async def deaf() -> None:
        while not over.is_set():
            try:
                await over.wait()
            except asyncio.CancelledError:
                continue

    async with asyncio.timeout(30):
        assert not await goodbye(deaf(), "waiting for nothing")
    over.set()
