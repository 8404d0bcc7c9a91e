"""What the doors tell of the life of declared sources: heartbeats, and who last spoke when."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from schemas.clinical import CLINICAL_EVENT
from schemas.issues import DETECTED_ISSUE_RECORD, SourceHeard, SourcesHeard
from schemas.stream_events import SourceHeartbeat
from schemas.topics import DETECTED_ISSUES, PATIENT_EVENTS
from services.intake.reading import Reading, Skipped
from services.intake.trust.life import ORIGIN, Life
from services.intake.trust.sources import Sources
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.authority import Authority
from tests.intake.http_door import FHIR
from tests.intake.mllp_peer import WITHIN_S, Peer, dose
from tests.intake.sourced import declared, served
from tests.intake.test_accepting import given, refused
from tests.intake.test_publisher import records_of
from tests.intake.writing import administration

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENGINE = "name: engine, address: 127.0.0.1, facilities: any, kinds: any"
LAB = "name: lab, address: 10.0.0.1, facilities: any, kinds: any"


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return declared(tmp_path, ENGINE, LAB)


def news_of(life: Life) -> list[tuple[str, datetime]]:
    """Source and instant of the heartbeats that are still to be told."""
    events = [item.event for item in life.news()]
    return [(event.source, event.received_at) for event in events if isinstance(event, SourceHeartbeat)]


def test_a_source_lives_at_the_instant_from_which_all_it_brought_is_stored(sources: Sources) -> None:
    life = Life(sources, lambda: NINE)
    assert news_of(life) == []
    life.note("engine", NINE, [given("ada", "dose-1")])
    life.note("engine", NINE - timedelta(minutes=1), [given("ada", "dose-0")])
    assert news_of(life) == [("engine", NINE)]
    life.passed_on(life.news())
    assert news_of(life) == []
    life.note("engine", NINE + timedelta(seconds=1), [given("ada", "dose-2")])
    assert news_of(life) == [("engine", NINE + timedelta(seconds=1))]


@pytest.mark.parametrize(
    ("brought", "alive"),
    [
        ([refused("ada", "broken")], False),
        ([refused("ada", "broken"), given("ada", "dose-1")], True),
        ([Skipped("dispense", ORIGIN)], True),
        ([], True),
    ],
)
def test_what_cannot_be_understood_alone_is_no_sign_of_life(
    sources: Sources, brought: list[Reading], alive: bool
) -> None:
    life = Life(sources, lambda: NINE)
    life.note("engine", NINE, brought)
    assert bool(life.news()) is alive


def test_every_declared_source_is_told_also_one_that_never_spoke(sources: Sources) -> None:
    life = Life(sources, lambda: NINE)
    life.note("engine", NINE, [given("ada", "dose-1")])
    assert life.heard() == SourcesHeard(
        at=NINE,
        sources=(
            SourceHeard(source="engine", at=NINE, maximum_silence_s=900),
            SourceHeard(source="lab", at=None, maximum_silence_s=900),
        ),
    )


def test_it_is_told_several_times_within_the_shortest_silence_and_every_minute_at_least(
    tmp_path: Path,
) -> None:
    assert Life(declared(tmp_path, ENGINE, LAB), lambda: NINE).beat == timedelta(minutes=1)
    assert Life(declared(tmp_path, LAB, silence="2 s"), lambda: NINE).beat == timedelta(seconds=0.5)


async def told(broker: EmbeddedBroker) -> list[SourcesHeard]:
    """What was told of all sources, in order."""
    found = await records_of(broker, DETECTED_ISSUES.name)
    read = [DETECTED_ISSUE_RECORD.validate_json(one.value) for records in found.values() for one in records]
    return [record for record in read if isinstance(record, SourcesHeard)]


async def heartbeats(broker: EmbeddedBroker) -> dict[int, set[str]]:
    """The sources of which each partition has heard."""
    found = await records_of(broker, PATIENT_EVENTS.name)
    return {
        partition: {
            event.source
            for event in (CLINICAL_EVENT.validate_json(record.value) for record in records)
            if isinstance(event, SourceHeartbeat)
        }
        for partition, records in found.items()
    }


@pytest.mark.embedded
async def test_a_message_lets_every_partition_know_that_its_source_lives(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    sources = declared(tmp_path, ENGINE, LAB, silence="1 s")
    async with served(embedded_broker, sources, mllp=True) as doors, asyncio.timeout(WITHIN_S):
        while not await told(embedded_broker):
            pass
        assert [source.at for source in (await told(embedded_broker))[0].sources] == [None, None]
        peer = Peer(*await asyncio.open_connection(doors.mllp.host, doors.mllp.port))
        assert await peer.brings(dose("A1")) == ("AA", "A1")
        while any(heard != {"engine"} for heard in (await heartbeats(embedded_broker)).values()):
            pass
        while (await told(embedded_broker))[-1].sources[0].at is None:
            pass
        assert (await told(embedded_broker))[-1].sources[1].at is None
        peer.writer.transport.abort()


@pytest.mark.embedded
async def test_over_http_a_dose_or_an_empty_bundle_is_a_sign_of_life_and_a_dry_run_is_none(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "West Hospital CA")
    clients = {name: authority.signed(name) for name in ("ehr", "lab", "pump")}
    sources = declared(
        tmp_path,
        *(
            f"name: {name}, certificate: {{sha256: {known.sha256}}}, facilities: any, kinds: any"
            for name, known in clients.items()
        ),
        silence="1 s",
    )
    sent: dict[str, tuple[str, Any]] = {
        "ehr": ("/MedicationAdministration", administration()),
        "lab": ("", {"resourceType": "Bundle", "type": "batch"}),
        "pump": ("/MedicationAdministration/$validate", administration()),
    }
    async with served(embedded_broker, sources, authority) as doors, asyncio.timeout(WITHIN_S):
        for name in ("pump", "ehr", "lab"):
            path, content = sent[name]
            tls = authority.client(clients[name])
            async with httpx.AsyncClient(base_url=doors.http, verify=tls) as http:
                answer = await http.post(f"/fhir/R4{path}", content=orjson.dumps(content), headers=FHIR)
            assert answer.status_code in (200, 201)
        while any(heard != {"ehr", "lab"} for heard in (await heartbeats(embedded_broker)).values()):
            pass
