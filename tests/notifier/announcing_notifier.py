"""A notifier that says `reading` on standard output each time it has taken its place in the group."""

import asyncio
import os
import signal
import sys

from services.notifier.app import Notifier
from services.notifier.findings.consumer import IssueConsumer
from services.notifier.settings import Settings


class AnnouncingConsumer(IssueConsumer):
    async def _place(self) -> None:
        await super()._place()
        sys.stdout.write("reading\n")
        sys.stdout.flush()


class AnnouncingNotifier(Notifier):
    consumer = AnnouncingConsumer


async def main() -> None:
    notifier = AnnouncingNotifier(Settings.from_environment(os.environ))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, notifier.stop)
    await notifier.run()


if __name__ == "__main__":
    asyncio.run(main())
