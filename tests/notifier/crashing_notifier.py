"""A notifier that stands still between having applied records and committing their offsets, for a test to
kill it.

Settings come from the environment; it writes `applied` to standard output when it stands still.
"""

import asyncio
import os
import sys
from dataclasses import replace

from aiokafka import TopicPartition

from services.notifier.app import Notifier
from services.notifier.findings.consumer import IssueConsumer
from services.notifier.settings import Settings


class StandingConsumer(IssueConsumer):
    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        sys.stdout.write("applied\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


class StandingNotifier(Notifier):
    consumer = StandingConsumer


if __name__ == "__main__":
    asyncio.run(StandingNotifier(replace(Settings.from_environment(os.environ), lease_s=1)).run())
