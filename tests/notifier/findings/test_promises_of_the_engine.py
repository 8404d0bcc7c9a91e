"""From a result that arrives to the promise it keeps: the engine's own records, taken by the notifier."""

from collections.abc import Iterable
from datetime import datetime

import pytest

from schemas.alerts import AlertState, OverrideReason
from schemas.base import Mode, TimeDomain
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue
from services.notifier.findings.change import milliseconds
from services.notifier.findings.decoding import decode
from services.notifier.findings.partitions import Partitions
from services.notifier.findings.pipeline import Pipeline
from services.notifier.store.identifiers import alert_id, tag_of
from services.notifier.watching.technical import TechnicalAlerts
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.core.emitting import step_of
from services.safety.engine.engine import Engine
from services.safety.engine.state import PatientState
from tests.builders import at, voided
from tests.engine.test_following_up import BASE, TOO_MUCH, egfr
from tests.engine.ward import SITE
from tests.notifier.builders import TIERS
from tests.notifier.desk import PARTITION, Desk
from tests.notifier.store.test_unfit_values import Record
from tests.notifier.ward_policy import NURSE, WardPolicy

pytestmark = [pytest.mark.asyncio, pytest.mark.redis]


class Hospital:
    """An engine whose records a notifier takes at once."""

    def __init__(self, desk: Desk) -> None:
        self._engine = Engine(BASE, SITE, checks=(RenalDoseTooHigh(),), time_domain=TimeDomain.SIMULATED)
        self._state: PatientState | None = None
        self._desk = desk
        self._offset = 0
        once = TechnicalAlerts(desk.store, desk.reader, TIERS, desk.policy).once
        self._pipeline = Pipeline(desk.store, TIERS, desk.policy, Partitions(), _refused, once)
        self.alert = ""
        self.revision = 0

    async def states(self, facts: Iterable[PatientFact]) -> None:
        for fact in facts:
            stepped = self._engine.step(self._state, fact)
            self._state = stepped.state
            for told in step_of(stepped, self._engine.teller.issue_id).emitted:
                assert told.value is not None
                await self._pipeline.take(
                    Record(told.value, self._offset, partition=PARTITION), self._desk.epochs
                )
                self._offset += 1
                record = decode(told.value)
                if isinstance(record, DetectedIssue):
                    self.alert, self.revision = alert_id(record.patient, record.issue_id), record.revision

    async def time_is(self, now: datetime) -> None:
        assert self._state is not None
        shards = (tag_of(self._state.patient),)
        await self._desk.timers.take(TimeDomain.SIMULATED, PARTITION, milliseconds(now), shards)

    async def events(self) -> list[str]:
        return [line.event for line in await self._desk.reader.history(self.alert)]


async def _refused(_record: object, reason: str, _detail: str) -> None:
    raise AssertionError(reason)


async def test_a_new_egfr_keeps_the_promise_and_taking_it_back_breaks_it(
    desk: Desk, ward: WardPolicy
) -> None:
    hospital, result = Hospital(desk), egfr(9)
    await hospital.states(TOO_MUCH)
    await hospital.time_is(at(2))
    answer = await desk.override(
        hospital.revision, hours=10, reason=OverrideReason.WILL_MONITOR, alert=hospital.alert
    )
    assert answer.result == "done"
    await hospital.states([result])
    assert (await hospital.events())[-1] == "monitored"
    assert (await desk.reader.exactly(hospital.alert)).state is AlertState.OVERRIDDEN
    await hospital.states([voided(result, at(10))])
    await hospital.time_is(at(10))
    assert (await hospital.events())[-3:] == ["monitoring-taken-back", "not-monitored", "escalated"]


async def test_what_history_found_and_still_holds_is_paged_when_the_feed_goes_live(
    desk: Desk, ward: WardPolicy
) -> None:
    hospital = Hospital(desk)
    await hospital.states(fact.model_copy(update={"mode": Mode.BACKFILL}) for fact in TOO_MUCH)
    assert await desk.orders() == []
    await hospital.states([egfr(9)])
    await hospital.time_is(at(10))
    assert (await hospital.events())[:2] == ["raised", "replaced"]
    assert await desk.told() == {NURSE}
