"""What an entry of the history says by itself, without the alert that it is about."""

import pytest

from schemas.alerts import AlertHistoryEntry
from schemas.base import Severity
from schemas.issues import Transition
from services.notifier.record.relay import entry_of
from services.notifier.store.identifiers import key, tag_of
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def trail(desk: Desk) -> list[AlertHistoryEntry]:
    """What the relay would send of this patient's audit trail."""
    entries = await desk.store.connection.entries(key(tag_of(PATIENT), "evt"))
    return [entry_of(fields) for _, fields in entries]


async def test_each_entry_names_rule_ward_and_tier_as_they_were_then(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.WORSENED, 2, severity=Severity.CONTRAINDICATED, ward="Intensive care"))
    await desk.acknowledge(2)
    told = [(entry.event, entry.check, entry.ward, entry.tier) for entry in await trail(desk)]
    assert told == [
        ("raised", "cumulative-dose", "Neurology 2", 2),
        ("paged", "cumulative-dose", "Neurology 2", 2),
        ("worsened", "cumulative-dose", "Intensive care", 1),
        ("paged", "cumulative-dose", "Intensive care", 1),
        ("acknowledged", "cumulative-dose", "Intensive care", 1),
    ]


async def test_an_end_tells_whether_a_new_fact_made_it(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.RESOLVED, 2, cause_entity="order/17"))
    assert (await trail(desk))[-1].cause_entity == "order/17"
    await desk.hear(finding(episode=2))
    await desk.hear(finding(Transition.RESOLVED, 2, episode=2, cause_entity=""))
    assert (await trail(desk))[-1].cause_entity == ""
