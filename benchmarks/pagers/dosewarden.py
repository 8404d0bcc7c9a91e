"""Our notifier as a pager: findings go into Kafka as the safety processor writes them."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

import orjson
from aiokafka import AIOKafkaProducer

from benchmarks.pagers.receiver import Receiver
from schemas.base import Mode, Severity, TimeDomain
from schemas.issues import DetectedIssue, Transition
from schemas.topics import DETECTED_ISSUES, partition_of
from services.launcher.servers.child import end, spawn

PARTITIONS = 4
_PATIENTS = 500


class DoseWarden:
    """`wait_s` is how long a finding settles before it pages."""

    title = "DoseWarden"

    def __init__(self, directory: Path, wait_s: int, kafka: str, redis: str) -> None:
        self._directory = directory
        self._wait_s = wait_s
        self._kafka = kafka
        self._redis = redis
        self._process: Popen[bytes] | None = None
        self._producer: AIOKafkaProducer | None = None
        self._said: dict[str, DetectedIssue] = {}

    @staticmethod
    def paged(body: bytes) -> Iterable[str]:
        """The names in the body of a webhook; technical alerts are about itself."""
        told = orjson.loads(body)
        return [] if told["check"] == "technical" else [told["alert"].partition("-")[2]]

    async def start(self, receiver: Receiver) -> None:
        """Start it, or start it again, and wait until it has read what there is."""
        self._directory.mkdir(parents=True, exist_ok=True)
        settings = {
            "KAFKA": self._kafka,
            "REDIS": self._redis,
            "CHANNELS": "webhook",
            "WEBHOOK_URL": receiver.url,
            "WEBHOOK_SECRET": "a secret of this benchmark only",
            "WEBHOOK_LOOPBACK": "1",
            "HEARTBEAT_LIMIT_S": "86400",
        }
        stated = [f"DOSEWARDEN_{name}={value}" for name, value in settings.items()]
        notifier = ["env", *stated, sys.executable, "-m", "services.notifier"]
        self._process = spawn(notifier, self._directory / "log")
        if self._producer is None:
            self._producer = AIOKafkaProducer(bootstrap_servers=self._kafka, acks="all", linger_ms=2)
            await self._producer.start()
        probe = f"probe-{datetime.now(UTC).timestamp()}"
        await self.say([self._finding(probe, settles=False)])
        await self._taken(probe, receiver)

    async def post(self, names: Sequence[str], *, again: bool = False) -> None:
        """Write findings; returns when Kafka has them. `again`: as a processor that starts repeats them."""
        if again:
            repeated = {"transition": Transition.REPUBLISHED}
            await self.say([self._said[name].model_copy(update=repeated) for name in names])
            return
        found = [self._finding(name, settles=True) for name in names]
        self._said |= dict(zip(names, found, strict=True))
        await self.say(found)

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def stop(self) -> None:
        """End it in good order."""
        if self._producer is not None:
            await self._producer.stop()
        end(self._process, 30)

    def _finding(self, name: str, *, settles: bool) -> DetectedIssue:
        now = datetime.now(UTC)
        return DetectedIssue(
            issue_id=name,
            patient=f"patient-{hash(name) % _PATIENTS}",
            check="cumulative-dose",
            severity=Severity.CONTRAINDICATED,
            open=True,
            transition=Transition.RAISED,
            transition_id=f"raised-{name}",
            episode=1,
            revision=1,
            at=now,
            raised_at=now,
            page_from=now + timedelta(seconds=self._wait_s if settles else 0),
            because="a dose was given",
            cause_event=f"event-{name}",
            subjects=("baclofen",),
            mode=Mode.LIVE,
            time_domain=TimeDomain.LIVE,
            ward="Neurology 2",
            text="baclofen 95 mg in 24 h is over the limit of 80 mg",
            knowledge_version="7-abcdef",
        )

    async def say(self, found: Sequence[DetectedIssue]) -> None:
        """Write these findings; returns when Kafka has them."""
        assert self._producer is not None
        waiting = [
            await self._producer.send(
                DETECTED_ISSUES.name,
                value=issue.model_dump_json().encode(),
                key=issue.issue_id.encode(),
                partition=partition_of(issue.patient, PARTITIONS),
            )
            for issue in found
        ]
        await asyncio.gather(*waiting)

    async def _taken(self, name: str, receiver: Receiver) -> None:
        while name not in receiver.pages:
            await receiver.until(len(receiver.pages) + 1, 60)
