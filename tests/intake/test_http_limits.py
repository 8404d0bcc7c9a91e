"""What the FHIR door refuses before it reads, and what it says when Kafka does not take what it read."""

import asyncio
import gzip
import zlib

import orjson
import pytest

from schemas.clinical import Administration
from services.intake.settings import HttpLimits
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.hanging import hanging
from tests.intake.http_door import NDJSON, Client, bundle, events, opened, told
from tests.intake.writing import administration

pytestmark = pytest.mark.embedded
WITHIN_S = 60.0
SMALL = HttpLimits(largest_body=100_000)
DOSE = "/MedicationAdministration"


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/fhir+xml", "application/json; charset=latin-1", "application/jsonx"],
)
async def test_other_media_types_are_refused(embedded_broker: EmbeddedBroker, media: str) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post(DOSE, administration(), content_type=media)
        lines_here = await client.post(DOSE, administration(), **NDJSON)
        resource_there = await client.post("/$ingest", administration())
    assert [item.status_code for item in (answer, lines_here, resource_there)] == [415, 415, 415]
    assert told(answer) == [("error", "not-supported", "")]


async def test_json_by_its_plain_name_and_with_parameters_is_taken(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker) as client:
        for media in ("application/json", "Application/FHIR+JSON; charset=UTF-8; fhirVersion=4.0"):
            answer = await client.post(DOSE, administration(), content_type=media)
            assert answer.status_code == 201


async def test_a_packed_body_is_unpacked_within_the_limit(embedded_broker: EmbeddedBroker) -> None:
    packed = gzip.compress(orjson.dumps(administration()))
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < SMALL.largest_body
    async with opened(embedded_broker, limits=SMALL) as client:
        answers = [
            (await client.post("" if body is bomb else DOSE, body, content_encoding=encoding)).status_code
            for body, encoding in (
                (packed, "gzip"),
                (bomb, "gzip"),
                (packed[:-9], "gzip"),
                (packed + b"more", "gzip"),
                (b"plain", "gzip"),
                (packed, "br"),
                (zlib.compress(b"{}"), "deflate"),
            )
        ]
    assert answers == [201, 413, 400, 400, 400, 415, 415]


async def test_every_size_unpacks_to_itself(embedded_broker: EmbeddedBroker) -> None:
    """Around the steps in which a body is unpacked."""
    async with opened(embedded_broker) as client:
        for size in (65_535, 65_536, 65_537, 131_072, 200_000):
            text = orjson.dumps(administration())
            padded = text + b" " * (size - len(text))
            answer = await client.post(DOSE, gzip.compress(padded), content_encoding="gzip")
            assert answer.status_code == 201, size


async def test_too_large_is_said_before_all_of_it_is_read(embedded_broker: EmbeddedBroker) -> None:
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while True:
            sent += 10_000
            yield b" " * 10_000

    async with opened(embedded_broker, limits=SMALL) as client:
        stated = await client.post("", b" " * 100_001)
        headers = {"content-type": "application/fhir+json"}
        streamed = await client.http.post("/fhir/R4", content=endless(), headers=headers)
        one = await client.post(DOSE, b" " * (1024 * 1024 + 1))
    assert [answer.status_code for answer in (stated, streamed, one)] == [413, 413, 413]
    assert told(stated) == [("error", "too-long", "")]


async def test_more_resources_than_a_request_may_hold_are_refused_unread(
    embedded_broker: EmbeddedBroker,
) -> None:
    doses = [administration(id=f"dose-{number}") for number in range(4)]
    within = bundle("batch", bundle("searchset", *doses[:3]))
    lines = b"\n".join(orjson.dumps(dose) for dose in doses) + b"\n"
    async with opened(embedded_broker, limits=HttpLimits(most_resources=3)) as client:
        assert (await client.post("", bundle("batch", *doses[:3]))).status_code == 200
        answers = [
            await client.post("", bundle("batch", *doses)),
            await client.post("", within),
            await client.post("/Bundle/$validate", bundle("batch", *doses)),
            await client.post("/$ingest", lines, **NDJSON),
        ]
    assert [answer.status_code for answer in answers] == [413] * 4
    assert {told(answer)[0][:2] for answer in answers} == {("error", "too-long")}
    assert len(await events(embedded_broker)) == 3


async def test_a_body_that_does_not_come_is_not_waited_for(embedded_broker: EmbeddedBroker) -> None:
    async def never() -> object:
        yield b"{"
        await asyncio.Event().wait()

    async with opened(embedded_broker, limits=HttpLimits(body_s=0.2)) as client:
        headers = {"content-type": "application/fhir+json"}
        async with asyncio.timeout(WITHIN_S):
            answer = await client.http.post(f"/fhir/R4{DOSE}", content=never(), headers=headers)
    assert (answer.status_code, told(answer)[0][1]) == (408, "timeout")


async def test_a_large_bundle_is_taken_whole(embedded_broker: EmbeddedBroker) -> None:
    doses = [administration(id=f"dose-{number}") for number in range(600)]
    async with opened(embedded_broker) as client:
        answer = await client.post("", bundle("transaction", *doses))
        stated = await events(embedded_broker)
    assert answer.status_code == 200
    names = [event.entity for event in stated if isinstance(event, Administration)]
    assert names == [f"MedicationAdministration/dose-{number}" for number in range(600)], "in their order"


@pytest.mark.parametrize(
    ("method", "place", "status"),
    [
        ("GET", "/fhir/R4/Patient/1", 405),
        ("GET", "/fhir/R4/Patient", 405),
        ("DELETE", "/fhir/R4/Patient/1", 405),
        ("PATCH", "/fhir/R4/Patient/1", 405),
        ("PUT", "/fhir/R4/Patient", 405),
        ("GET", "/elsewhere", 404),
        ("POST", "/fhir/R4/Patient/1/2/3", 404),
        ("POST", "/fhir/R4/Pat%20ient", 404),
        ("PUT", "/fhir/R4/Patient/an_id", 404),
        ("GET", "/fhir/R4/metadata", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
    ],
)
async def test_other_places_answer_in_fhirs_words(
    embedded_broker: EmbeddedBroker, method: str, place: str, status: int
) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.http.request(method, place)
    assert answer.status_code == status
    if status >= 400:
        assert told(answer)[0][0] == "error"


async def test_the_capability_statement_names_what_is_read(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker) as client:
        statement = (await client.http.get("/fhir/R4/metadata")).json()
    assert statement["fhirVersion"] == "4.0.1"
    (rest,) = statement["rest"]
    assert {"Patient", "MedicationAdministration", "MedicationStatement"} <= {
        item["type"] for item in rest["resource"]
    }


async def test_a_hanging_kafka_is_503_and_the_same_sent_again_is_taken(
    embedded_broker: EmbeddedBroker,
) -> None:
    async with opened(embedded_broker, patience_s=1.0) as client:
        assert (await client.post(DOSE, administration())).status_code == 201
        with hanging(embedded_broker.pid):
            failed = await client.post(DOSE, administration(id="dose-2"))
            not_ready = await client.http.get("/readyz")
        async with asyncio.timeout(WITHIN_S):
            while (await client.http.get("/readyz")).status_code != 200:
                pass
        again = await client.post(DOSE, administration(id="dose-2"))
        stated = await events(embedded_broker)
    assert (failed.status_code, not_ready.status_code, again.status_code) == (503, 503, 201)
    assert int(failed.headers["retry-after"]) > 0
    assert told(failed) == [("error", "transient", "")]
    assert {event.entity for event in stated} == {
        f"MedicationAdministration/dose-{number}" for number in (1, 2)
    }


async def test_a_killed_kafka_is_503(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker, patience_s=1.0) as client:
        assert (await client.post(DOSE, administration())).status_code == 201
        embedded_broker.kill()
        async with asyncio.timeout(WITHIN_S):
            answers = [await client.post(DOSE, administration()) for _ in range(2)]
            ready = await client.http.get("/readyz")
    assert [answer.status_code for answer in answers] == [503, 503]
    assert ready.status_code == 503


async def test_more_than_may_wait_is_429_with_a_time_to_come_again(embedded_broker: EmbeddedBroker) -> None:
    async def sends(client: Client, number: int) -> int:
        answer = await client.post(DOSE, administration(id=f"dose-{number}"))
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) > 0
            assert told(answer) == [("error", "throttled", "")]
        return answer.status_code

    async with opened(embedded_broker, most_readings=3) as client:
        assert await sends(client, 0) == 201
        with hanging(embedded_broker.pid):
            waiting = [asyncio.create_task(sends(client, number)) for number in range(1, 9)]
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            assert {task.result() for task in done} == {429}
        async with asyncio.timeout(WITHIN_S):
            statuses = sorted(await asyncio.gather(*waiting))
        stated = await events(embedded_broker)
    assert statuses == [201] * 3 + [429] * 5
    assert len(stated) == 4


async def test_bodies_beyond_what_may_be_in_memory_are_429(embedded_broker: EmbeddedBroker) -> None:
    limits = HttpLimits(bodies_at_once=500)
    async with opened(embedded_broker, limits=limits) as client:
        alone = await client.post(DOSE, administration())
        with hanging(embedded_broker.pid):
            first = asyncio.create_task(client.post(DOSE, administration()))
            second = asyncio.create_task(client.post(DOSE, administration()))
            done, _ = await asyncio.wait((first, second), return_when=asyncio.FIRST_COMPLETED)
            assert [task.result().status_code for task in done] == [429]
        async with asyncio.timeout(WITHIN_S):
            statuses = sorted(answer.status_code for answer in await asyncio.gather(first, second))
    assert (alone.status_code, statuses) == (201, [201, 429])
