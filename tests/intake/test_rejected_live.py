"""The round trip in live time: the door's clock stamps the receipt, the retry's the second one."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from schemas.base import TimeDomain
from schemas.clinical import Administration, UnreadableFact
from schemas.issues import DetectedIssue
from schemas.topics import PATIENT_EVENTS, partition_of
from services.cli.rejected import rejected
from services.intake.door import Door
from services.intake.fhir import administrations as fhir_doses
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.safety.core import LedgerCore
from tests.brief_knowledge import KNOWLEDGE
from tests.intake.http_door import opened
from tests.intake.test_publisher import ADA, SITE, records_of
from tests.intake.writing import administration

pytestmark = pytest.mark.embedded
KEY = {"DOSEWARDEN_SITE_KEY": SITE.secret.decode()}


def _core() -> LedgerCore:
    return LedgerCore(KNOWLEDGE, SITE, time_domain=TimeDomain.LIVE, now=lambda: datetime.now(UTC))


async def stated(broker: EmbeddedBroker) -> list[Administration | UnreadableFact]:
    """What stands in Ada's partition, in its order."""
    found = (await records_of(broker, PATIENT_EVENTS.name))[partition_of(ADA, 4)]
    return [_core().decode(record) for record in found]


def open_issues(facts: list[Administration | UnreadableFact]) -> dict[str, bool]:
    """The reasons for which something of Ada was not assessed, and whether that still holds."""
    core, state, found = _core(), None, {}
    for fact in facts:
        step = core.step(0, state, fact)
        state = step.state
        for emit in (each for each in step.emitted if each.role == "issues"):
            issue = DetectedIssue.model_validate_json(emit.value or b"")
            if issue.reason is not None:
                found[issue.reason.value] = issue.open
    return found


async def test_a_dose_of_this_morning_is_received_when_it_is_retried_and_its_mark_ends(
    embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = datetime.now(UTC) - timedelta(hours=3)
    dose = administration(effectiveDateTime=given.isoformat())
    door = Door("ehr", clock=lambda: given + timedelta(minutes=1))
    async with opened(embedded_broker, door=door) as client:
        with monkeypatch.context() as before:
            before.delitem(fhir_doses._OUTCOMES, "completed")
            answer = await client.post("/MedicationAdministration", dose)
    assert answer.status_code == 422
    assert open_issues(await stated(embedded_broker)) == {"unreadable-fact": True}

    asked = ["retry", "--reason", "unknown-status", "--kafka", embedded_broker.bootstrap, "--json"]
    began = datetime.now(UTC)
    done = await asyncio.to_thread(CliRunner().invoke, rejected, asked, env=KEY)
    assert done.exit_code == 0, done.output
    assert [one["result"] for one in json.loads(done.stdout)] == ["accepted"]

    mark, fact, dismissal = await stated(embedded_broker)
    assert isinstance(fact, Administration) and isinstance(dismissal, UnreadableFact)
    assert (fact.effective_at, fact.source) == (given, "ehr")
    assert began <= fact.received_at <= datetime.now(UTC)
    assert dismissal.entity == mark.entity and dismissal.dismissed
    assert dismissal.received_at == mark.received_at, "no sign of life of its source"
    assert open_issues([mark, fact, dismissal])["unreadable-fact"] is False
