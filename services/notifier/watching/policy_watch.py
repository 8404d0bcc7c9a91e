"""Takes up a changed policy without a restart; says when one cannot be used or will leave somebody untold.

A policy with faults changes nothing: the one before stays in force, and a technical alert says so until
the files are mended.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from services.notifier.policy.files import BadPolicy
from services.notifier.policy.in_force import PolicyInForce
from services.notifier.stopping import Stop
from services.notifier.watching.technical import TechnicalAlerts

log = logging.getLogger(__name__)
REFUSED = "policy-refused"
UNTOLD = "policy-untold"
DUTIES = "duties-changed"
_LOOK_EVERY_S = 5.0
_LOOK_AHEAD_EVERY = 720
AHEAD_DAYS = 2


def _present() -> datetime:
    return datetime.now(UTC)


async def _nothing() -> None:
    """Nobody has to know."""


class PolicyWatch:
    """Looks at the files every few seconds, and at once when asked. `present` tells the time; `keep` is asked
    at each look to make what is in force known to whoever asks the store.
    """

    def __init__(
        self,
        policy: PolicyInForce,
        technical: TechnicalAlerts,
        keep: Callable[[], Awaitable[None]] = _nothing,
        present: Callable[[], datetime] = _present,
    ) -> None:
        self._policy = policy
        self._technical = technical
        self._keep = keep
        self._present = present
        self._known = policy.version
        self._seen = policy.version
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Look at once, as SIGHUP wants it."""
        self._asked.set()

    async def run(self, stop: Stop) -> None:
        """Look until `stop`."""
        rounds = 0
        while not stop:
            if rounds % _LOOK_AHEAD_EVERY == 0:
                await self.look_ahead()
            rounds += 1
            await stop.or_else(self._wait())
            asked = self._asked.is_set()
            self._asked.clear()
            if not stop:
                await self.look(at_once=asked)

    async def look(self, *, at_once: bool = False) -> None:
        """Take up what has changed and then stayed the same for one look; `at_once`: what there is now."""
        state = await asyncio.to_thread(self._policy.state)
        settled, self._seen = state == self._seen, state
        if state != self._known and (settled or at_once):
            self._known = state
            await self._take_up()
        await self._keep()

    async def look_ahead(self) -> None:
        """Say which steps will find nobody on duty in the next days."""
        untold = await asyncio.to_thread(self._policy.untold_ahead, self._present(), AHEAD_DAYS)
        if untold:
            text = f"Alerts will tell nobody at a step of the policy within {AHEAD_DAYS} days: {untold[0]}"
            await self._technical.raise_(UNTOLD, _with_count(text, len(untold)))
        else:
            await self._technical.settle(UNTOLD, "Every step of the policy finds somebody on duty again")

    async def _take_up(self) -> None:
        try:
            loaded = await asyncio.to_thread(self._policy.read)
        except BadPolicy as error:
            log.error("the changed policy is not used: %s", error)
            text = f"The changed policy is not used, the one before stays: {error.problems[0]}"
            await self._technical.raise_(REFUSED, _with_count(text, len(error.problems)))
            return
        changed = await asyncio.to_thread(self._policy.changes, loaded, self._present())
        self._policy.replace(loaded)
        log.info("policy version %s is in force", self._policy.version)
        await self._technical.settle(REFUSED, f"The policy is in force, version {self._policy.version}")
        await self.look_ahead()
        for person, text in changed.items():
            await self._technical.notice(f"duties-{person}", text, DUTIES, self._to(person))

    def _to(self, person: str) -> str:
        return f"person:{person}/{self._policy.people().notices(person)}"

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY_S):
                await self._asked.wait()
        except TimeoutError:
            return


def _with_count(text: str, count: int) -> str:
    return f"{text} (and {count - 1} more)" if count > 1 else text
