"""Carries out what is due: live alerts by the store's clock, simulated ones by the told time.

Each round asks the shards that a partition's patients fall into; every `_SWEEP`th asks all, so that a
record which its producer put into another partition than ours would choose is late, and never forgotten.
Who is to be told is looked up when a step is due. A crash between looking and telling leaves the timer.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable

from schemas.base import TimeDomain
from services.notifier.findings.partitions import Partitions
from services.notifier.policy.deciding import Policy
from services.notifier.stopping import Stop
from services.notifier.store.identifiers import (
    NO_PARTITION,
    SYSTEM_PATIENT,
    tag_of,
    tag_of_alert,
    tags,
    tags_of_partition,
)
from services.notifier.timers.due import DueAlerts
from services.notifier.timers.escalation import Decision, Due, Tell, decide
from services.notifier.watching.unreadable import Alarm, tell_unreadable

log = logging.getLogger(__name__)
POLL_S = 0.25
_SWEEP = 20
_LOOK_OVER = 240


class Timers:
    """Those of our partitions. `alarm(name, text)` is told when nobody answered, or nobody was there;
    `unwatched` of each alert that had no timer.
    """

    def __init__(
        self,
        due: DueAlerts,
        policy: Policy,
        partitions: Partitions,
        alarm: Alarm,
        unwatched: Callable[[], None] = lambda: None,
    ) -> None:
        self._due = due
        self._policy = policy
        self._partitions = partitions
        self._alarm = alarm
        self._unwatched = unwatched

    async def run(self, stop: Stop) -> None:
        """Take due timers until `stop`; at most `POLL_S` late."""
        rounds = 0
        while not stop:
            for partition in self._partitions.owned:
                everywhere = rounds % _SWEEP == 0
                shards = tags() if everywhere else tags_of_partition(partition, self._partitions.total)
                await self.take(TimeDomain.LIVE, partition, 0, shards)
                told_ms = self._partitions.told_ms(partition)
                if told_ms is not None:
                    await self.take(TimeDomain.SIMULATED, partition, told_ms, shards)
            await self.take(TimeDomain.LIVE, NO_PARTITION, 0, (tag_of(SYSTEM_PATIENT),))
            if rounds % _LOOK_OVER == 0:
                await self.look_over()
            rounds += 1
            await stop.or_else(self._partitions.moved(POLL_S))

    async def take(
        self, domain: TimeDomain, partition: int | str, now_ms: int, shards: tuple[str, ...]
    ) -> int:
        """Carry out what is due in these shards; how much was done.

        Shards are worked off beside each other: while one is decided about, the store carries out another.
        """
        due = defaultdict(list)
        for one in await self._find(domain, partition, now_ms, shards):
            due[tag_of_alert(one.alert)].append(one)
        done = (self._work_off(domain, partition, now_ms, tag, found) for tag, found in due.items())
        return sum(await asyncio.gather(*done))

    async def _work_off(
        self, domain: TimeDomain, partition: int | str, now_ms: int, tag: str, found: list[Due]
    ) -> int:
        done = 0
        while found:
            decided = [(due, decide(due, self._policy)) for due in found]
            answers = await self._due.carry_out(decided)
            progress = 0
            for (due, decision), answer in zip(decided, answers, strict=True):
                if answer == "done":
                    await self._tell_problems(due, decision)
                elif answer == "failed":
                    log.error("the store could not carry out a timer of %s", due.alert)
                    await self._alarm(
                        "timer-failed",
                        f"The store could not carry out what was due of an alert: look at it. {due.alert}",
                    )
                progress += answer not in ("changed", "failed")
            done += progress
            if not progress:
                break
            found = await self._find(domain, partition, now_ms, (tag,))
        return done

    async def _find(
        self, domain: TimeDomain, partition: int | str, now_ms: int, shards: tuple[str, ...]
    ) -> list[Due]:
        found = await self._due.find(domain, partition, now_ms, shards)
        await self._tell_damaged(found.damaged)
        return found.due

    async def _tell_damaged(self, names: Iterable[str]) -> None:
        alerts = (name.rpartition("|")[0] or name for name in names)
        await tell_unreadable(self._alarm, alerts, "its next step is told to nobody")

    async def look_over(self) -> None:
        """Give every alert that pages its timer, should one have none (its store is of an older layout)."""
        seen = await self._due.look_over()
        await self._tell_damaged(seen.damaged)
        for due in seen.unwatched:
            plan = due.plan or self._policy.plan(due.subject, due.now)
            if await self._due.watch(due, plan):
                self._unwatched()
                log.error("an alert that holds had no timer, and has one now: %s", due.alert)

    async def _tell_problems(self, due: Due, decision: Decision) -> None:
        """An alert about ourselves that nobody answers does not raise another one."""
        if not isinstance(decision, Tell) or due.subject.technical:
            return
        ward = due.subject.ward or "no ward"
        if decision.nobody:
            names = ", ".join(decision.nobody)
            await self._alarm(
                "nobody-on-duty", f"Nobody stands behind {names}: a step was passed over ({ward})"
            )
        if decision.unanswered:
            await self._alarm(
                "unanswered", f"Nobody answered an alert of tier {due.subject.tier} ({ward}): {due.alert}"
            )
