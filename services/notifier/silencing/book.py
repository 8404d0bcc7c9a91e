"""The silences in force beside the site's policy: looked up every second, and ended by their time."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from services.notifier.policy.deciding import Hold, Policy, Subject
from services.notifier.policy.plan import Plan, Target
from services.notifier.policy.routes import LowTiers
from services.notifier.policy.silences import Silence, held_by, silenced
from services.notifier.silencing.keeping import Silences
from services.notifier.stopping import Stop

log = logging.getLogger(__name__)
_LOOK_EVERY_S = 1.0


class SilencedPolicy:
    """The policy of a site (or none), and the silences that people made meanwhile. Implements `Policy`.

    While the store is away those known last count, each to its end: they only ever let tier 3 wait.
    """

    def __init__(
        self, policy: Policy, silences: Silences, written: Callable[[], Iterable[Silence]] = tuple
    ) -> None:
        """`written` are those of the site's files, as they stand now."""
        self._policy = policy
        self._kept = silences
        self._written = written
        self._known = frozenset(written())
        self._silences: tuple[Silence, ...] = ()
        self._over: set[str] = set()

    def plan(self, subject: Subject, now: datetime) -> Plan:
        return self._policy.plan(subject, now)

    def resolve(self, refs: Sequence[str], now: datetime) -> tuple[Target, ...]:
        return self._policy.resolve(refs, now)

    @property
    def low_tiers(self) -> LowTiers | None:
        return self._policy.low_tiers

    def hold(self, subject: Subject, now: datetime) -> Hold | None:
        """What ends last of quiet hours, of silences in the policy, and of those made meanwhile."""
        by_policy, silence = self._policy.hold(subject, now), silenced(subject, self._silences, now)
        if silence is None or (by_policy is not None and by_policy.until >= silence.ends):
            return by_policy
        return held_by(silence)

    async def run(self, stop: Stop) -> None:
        """Look until `stop`."""
        while not stop:
            await stop.or_else(self.look())
            await stop.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Learn which hold now. What waits for one that ended before its time is let go, whoever ended it: a
        process that knew of it until now may have let something wait since.
        """
        now, kept = await self._kept.present(), await self._kept.all(ended=True)
        for one in kept:
            if not one.ended and one.silence.ends <= now:
                await self._kept.end(one.silence.id, "")
        self._silences = tuple(one.silence for one in kept if not one.ended and one.silence.ends > now)
        cut_short = {one.silence.id for one in kept if one.ended and one.silence.ends > now}
        for name in sorted(cut_short - self._over):
            log.info(
                "silence %s ended before its time; %d alerts go on", name, await self._kept.release(name)
            )
        self._over = cut_short
        written = frozenset(self._written())
        for name in sorted({silence.id for silence in self._known - written}):
            log.info("silence %s was edited; %d alerts go on", name, await self._kept.release(name))
        self._known = written
