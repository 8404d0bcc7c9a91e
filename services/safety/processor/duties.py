"""What a worker does without being given a record: republish, judge again, carry time, show that it lives.

Each of these writes, so each does so under the app's lock, within a lease of its own, and only for partitions
that are ours now. Any failure ends the worker, as a failure of the handler does.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.safety.processor.comparing import Comparing
from services.safety.processor.heartbeats import Heartbeats
from services.safety.processor.rejudging import Rejudging
from services.safety.processor.republishing import Republishing
from services.safety.processor.ticks import Ticks

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp


class Duties:
    """One loop, so that no two duties wait for each other's lock."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        self._republishing = Republishing(app)
        self._rejudging = Rejudging(app)
        self._comparing = Comparing(app)
        self._ticks = Ticks(app)
        self._heartbeats = Heartbeats(app)

    async def run(self) -> None:
        """Go on until the app stops."""
        app = self._app
        clock = asyncio.get_running_loop().time
        beat_at = clock()
        while not app.should_stop:
            if clock() >= beat_at:
                verified = app.ready_partitions()
                await self._heartbeats.verify(verified)
                async with self._writing() as partitions:
                    await self._heartbeats.beat(partitions & verified)
                if verified:
                    beat_at = clock() + app.settings.heartbeat_s
            async with self._writing() as partitions:
                busy = await self._republishing.go_on(partitions)
            async with self._writing() as partitions:
                busy = await self._rejudging.go_on(partitions) or busy
            async with self._writing() as partitions:
                busy = await self._comparing.go_on(partitions) or busy
            async with self._writing() as partitions:
                busy = await self._ticks.send_due(partitions) or busy
            await app.sleep(0.0 if busy else app.settings.tick_s)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[frozenset[int]]:
        app = self._app
        async with app.exclusive:
            partitions = app.ready_partitions()
            if partitions:
                app.batch_consumer.lease.begin(app.consumer_generation_id)
            yield partitions
