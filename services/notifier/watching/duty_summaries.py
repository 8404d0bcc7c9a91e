"""Tells who is on duty and who comes next, at the times of day that the policy names."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from services.notifier.policy.in_force import PolicyInForce
from services.notifier.stopping import Stop
from services.notifier.watching.technical import TechnicalAlerts

CHECK = "on-duty"
_LOOK_EVERY_S = 15.0


class DutySummaries:
    """`present` tells the time by the clock that duty goes by. Of several notifiers each looks; one telling
    comes of it, since the same text is a notice only once.
    """

    def __init__(
        self, policy: PolicyInForce, technical: TechnicalAlerts, present: Callable[[], datetime]
    ) -> None:
        self._policy = policy
        self._technical = technical
        self._present = present

    async def run(self, stop: Stop) -> None:
        """Look until `stop`."""
        while not stop:
            await self.look()
            await stop.or_else(asyncio.sleep(_LOOK_EVERY_S))

    async def look(self) -> None:
        """Tell what has become due."""
        for summary in self._policy.summaries(self._present()):
            for person in summary.tell:
                to = f"person:{person}/{self._policy.people().notices(person)}"
                await self._technical.notice(f"{CHECK}-{summary.id}-{person}", summary.text, CHECK, to)
