"""Watches the store's clock. Timers, leases and signatures go by it alone, so nobody else would notice that
it is wrong: this machine's clock, and the time that passes here whatever any clock says, are the witnesses.
"""

import logging
import time
from collections.abc import Callable

from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.watching.technical import TechnicalAlerts

log = logging.getLogger(__name__)
DIFFER, JUMPED = "clocks-differ", "store-clock-jumped"
_EVERY_S = 1.0
_MOST_APART_S = 5.0
_LONGEST_JUMP_S = 2.0
_LONGEST_ANSWER_S = 1.0
"""An answer that took longer says too little about what time it was."""


class ClockWatch:
    """One technical alert while the two clocks differ, one for each jump of the store's.

    `machine` names this machine, `wall` is its clock, `passing` counts seconds that nobody can set; `noted`
    hears by how many seconds the store's clock is ahead of the machine's.
    """

    def __init__(
        self,
        store: AlertStore,
        technical: TechnicalAlerts,
        machine: str,
        noted: Callable[[float], None] = lambda _seconds: None,
        wall: Callable[[], float] = time.time,
        passing: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._technical = technical
        self._machine = machine
        self._noted = noted
        self._wall = wall
        self._passing = passing
        self._last: tuple[float, float] | None = None
        self._differed: bool | None = None

    async def run(self, stop: Stop) -> None:
        """Look every second until `stop`."""
        while not stop:
            await self.look()
            await stop.sleep(_EVERY_S)

    async def look(self) -> None:
        """Compare the store's clock with ours, and with what it said at the last look."""
        began = self._passing()
        store_s = await self._store.now_ms() / 1000
        passed, wall_s = self._passing(), self._wall()
        if passed - began > _LONGEST_ANSWER_S:
            return
        await self._compare(store_s - wall_s)
        if self._last is not None:
            await self._follow(store_s - self._last[0] - (passed - self._last[1]))
        self._last = store_s, passed

    async def _compare(self, ahead_s: float) -> None:
        self._noted(ahead_s)
        name, differ = f"{DIFFER}:{self._machine}", abs(ahead_s) > _MOST_APART_S
        if differ:
            if not self._differed:
                log.error("the store's clock is ahead of this machine's by %.1f s", ahead_s)
            text = (
                f"The clocks of the store and of {self._machine} differ by more than {_MOST_APART_S:g} s. "
                "Timers go by the store's: is it wrong, steps come early or late. Set both by a time server"
            )
            await self._technical.raise_(name, text)
        elif self._differed is not False:
            await self._technical.settle(name, "The two clocks agree again")
        self._differed = differ

    async def _follow(self, jumped_s: float) -> None:
        if abs(jumped_s) <= _LONGEST_JUMP_S:
            return
        way, effect = ("forward", "early") if jumped_s > 0 else ("back", "late")
        log.error("the store's clock jumped %s by %.1f s", way, abs(jumped_s))
        await self._technical.report(
            JUMPED,
            f"The store's clock jumped {way} by {abs(jumped_s):.0f} s, or this machine stood still: what "
            f"waited is told that much {effect}. Look through the open alerts, and at the store's clock",
        )
