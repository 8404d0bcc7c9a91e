"""A notifier that stands still between having applied records and noting that they are done, for a test to
kill it.

Settings come from the environment; it writes `applied` to standard output when it stands still.
"""

import asyncio
import os
import sys
from dataclasses import replace

from services.notifier.app import Notifier
from services.notifier.findings.consumer import IssueConsumer
from services.notifier.findings.progress import Progress
from services.notifier.settings import Settings
from services.notifier.stopping import Stop


class StandingProgress(Progress):
    async def keep(self) -> None:
        if self._taken:
            sys.stdout.write("applied\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


class UnnotingConsumer(IssueConsumer):
    async def run(self, stop: Stop) -> None:
        self._progress = StandingProgress(self._store, self.commit)
        await super().run(stop)


class UnnotingNotifier(Notifier):
    consumer = UnnotingConsumer


if __name__ == "__main__":
    asyncio.run(UnnotingNotifier(replace(Settings.from_environment(os.environ), lease_s=1)).run())
