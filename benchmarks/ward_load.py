"""Findings of a hospital as the notifier hears them: some each second, one in ten of tier 1, each to be told
at once. A thousand events in a second make about twenty of them.
"""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import orjson

from benchmarks.pagers.dosewarden import DoseWarden
from schemas.base import Severity, TimeDomain
from schemas.issues import DetectedIssue
from services.notifier.stopping import Stop
from tests.notifier.builders import finding

PER_S = 20
_LOUD_ONE_IN = 10
_PATIENTS = 500


def found(name: str, *, loud: bool, page_from: datetime | None = None) -> DetectedIssue:
    """A finding of a live patient, which is to be told now or from a moment on."""
    now = datetime.now(UTC)
    return finding(
        issue_id=name,
        patient=f"patient-{int(name.rpartition('-')[2]) % _PATIENTS}",
        severity=Severity.CONTRAINDICATED if loud else Severity.MAJOR,
        time_domain=TimeDomain.LIVE,
        transition_id=f"raised-{name}",
        at=now,
        raised_at=now,
        page_from=page_from or now,
    )


class Told:
    """What a receiver reads of a body: the name, and of a repetition that says so the name with a mark."""

    def __init__(self) -> None:
        self.marked: set[str] = set()

    def names(self, body: bytes) -> Iterable[str]:
        """The names in the body of a webhook; those about the notifier itself are left out."""
        names = list(DoseWarden.paged(body))
        if orjson.loads(body)["kind"] == "repeat":
            self.marked.update(names)
        return names


class WardLoad:
    """Posts `PER_S` findings each second; `posted` has when Kafka had each, by `time.perf_counter`."""

    def __init__(self, pager: DoseWarden) -> None:
        self._pager = pager
        self.posted: dict[str, float] = {}
        self.loud: set[str] = set()

    async def run(self, stop: Stop) -> None:
        """Post until `stop`, a tenth of a second's findings at a time."""
        begun, count = time.perf_counter(), 0
        while not stop:
            names = [f"load-{count + number}" for number in range(PER_S // 10)]
            loud = {name for number, name in enumerate(names, count) if number % _LOUD_ONE_IN == 0}
            await self._pager.say([found(name, loud=name in loud) for name in names])
            self.posted |= dict.fromkeys(names, time.perf_counter())
            self.loud |= loud
            count += len(names)
            await asyncio.sleep(max(0.0, begun + count / PER_S - time.perf_counter()))
