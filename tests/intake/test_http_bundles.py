"""Bundles and NDJSON over HTTP: what each entry is answered, and that a transaction is all or nothing."""

import orjson
import pytest

from schemas.base import Mode
from schemas.clinical import Administration, UnreadableFact
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.http_door import NDJSON, bundle, events, opened, rejections, told
from tests.intake.writing import administration, request

pytestmark = pytest.mark.embedded
BAD = administration(id="bad", status="unheard-of")


async def test_a_batch_answers_entry_by_entry(embedded_broker: EmbeddedBroker) -> None:
    claim = {"resourceType": "Claim", "id": "c"}
    clame = {"resourceType": "Clame", "id": "c"}
    batch = bundle("batch", administration(), BAD, claim, clame)
    batch["entry"] += [
        {"request": {"method": "DELETE", "url": "MedicationAdministration/dose-1"}},
        {"fullUrl": "urn:uuid:nothing"},
        {"request": {"method": "POST", "url": "MedicationRequest"}, "resource": request()},
    ]
    async with opened(embedded_broker) as client:
        answer = await client.post("", batch)
        stated, refused = await events(embedded_broker), await rejections(embedded_broker)
    assert (answer.status_code, answer.json()["type"]) == (200, "batch-response")
    responses = [entry["response"] for entry in answer.json()["entry"]]
    assert [response["status"][:3] for response in responses] == [
        "200",
        "422",
        "200",
        "422",
        "405",
        "200",
        "201",
    ]
    assert responses[0]["location"].startswith("/fhir/R4/MedicationAdministration/dose-1/_history/")
    assert responses[1]["outcome"]["issue"][0]["expression"] == ["Bundle.entry[1].resource.status"]
    assert sorted(event.entity for event in stated if not isinstance(event, UnreadableFact)) == [
        "MedicationAdministration/dose-1",
        "MedicationRequest/order-1",
    ]
    assert sorted(item.reason for item in refused) == ["unknown-status", "unknown-type", "unsupported-method"]


@pytest.mark.parametrize("method", [{}, [], 7, "FETCH", ""])
async def test_an_entry_that_asks_for_nothing_known_is_rejected_alone(
    embedded_broker: EmbeddedBroker, method: object
) -> None:
    batch = bundle("batch", administration(), administration(id="dose-2"))
    batch["entry"][0]["request"]["method"] = method
    async with opened(embedded_broker) as client:
        answer = await client.post("", batch)
    assert [entry["response"]["status"][:3] for entry in answer.json()["entry"]] == ["405", "200"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"method": "PUT", "url": "MedicationAdministration/dose-2"}, "400"),
        ({"method": "PUT", "url": "Observation/dose-1"}, "400"),
        ({"method": "POST", "url": "Observation"}, "400"),
        (
            {"method": "PUT", "url": "https://emar.example/fhir/MedicationAdministration/dose-1/_history/2"},
            "200",
        ),
        ({"method": "PUT", "url": "MedicationAdministration?identifier=urn:emar|4711"}, "200"),
        ({"method": "PUT", "url": "Observation?identifier=urn:emar|4711"}, "400"),
        ({"method": "POST", "url": "/MedicationAdministration/"}, "201"),
        ({"method": "PUT"}, "200"),
    ],
)
async def test_an_entry_whose_url_names_something_else_is_rejected(
    embedded_broker: EmbeddedBroker, asked: dict[str, str], status: str
) -> None:
    batch = bundle("batch", administration())
    batch["entry"][0]["request"] = asked
    async with opened(embedded_broker) as client:
        (entry,) = (await client.post("", batch)).json()["entry"]
        stated = await events(embedded_broker)
    assert entry["response"]["status"][:3] == status
    assert len(stated) == (0 if status == "400" else 1)


async def test_a_transaction_with_one_bad_entry_is_refused_as_a_whole(
    embedded_broker: EmbeddedBroker,
) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post("", bundle("transaction", administration(), BAD, request()))
        stated, (reject,) = await events(embedded_broker), await rejections(embedded_broker)
    assert answer.status_code == 422
    assert told(answer) == [("error", "code-invalid", "Bundle.entry[1].resource.status")]
    assert [type(event) for event in stated] == [UnreadableFact]
    assert reject.origin.path.endswith("#entry[2]")


async def test_references_within_a_transaction_are_followed(embedded_broker: EmbeddedBroker) -> None:
    whole = bundle(
        "transaction",
        administration(
            subject={"reference": "urn:uuid:1"},
            medicationCodeableConcept=None,
            medicationReference={"reference": "urn:uuid:2"},
        ),
        {"resourceType": "Patient", "id": "ada"},
        {"resourceType": "Medication", "id": "m", "code": {"text": "Baclofen 10 mg tablet"}},
    )
    async with opened(embedded_broker) as client:
        answer = await client.post("", whole)
        (dose,) = [event for event in await events(embedded_broker) if isinstance(event, Administration)]
    assert answer.json()["type"] == "transaction-response"
    assert dose.medication.text == "Baclofen 10 mg tablet"


@pytest.mark.parametrize(
    "kind", ["collection", "message", "searchset", "history", "batch-response", "document"]
)
async def test_other_bundles_are_read_as_a_collection(embedded_broker: EmbeddedBroker, kind: str) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post("", bundle(kind, administration(), BAD))
        stated = await events(embedded_broker)
    assert [entry["response"]["status"][:3] for entry in answer.json()["entry"]] == ["201", "422"]
    assert sorted(event.kind for event in stated) == ["administration", "unreadable"]


async def test_a_bundle_within_a_bundle_is_opened_once(embedded_broker: EmbeddedBroker) -> None:
    inner = bundle("searchset", administration(), BAD, bundle("collection", request()))
    async with opened(embedded_broker) as client:
        answer = await client.post("", bundle("batch-response", inner))
        stated = await events(embedded_broker)
    (entry,) = answer.json()["entry"]
    expressions = [issue["expression"][0] for issue in entry["response"]["outcome"]["issue"]]
    assert entry["response"]["status"].startswith("422")
    assert "Bundle.entry[0].resource.entry[1].resource.status" in expressions
    assert [event.entity for event in stated if isinstance(event, Administration)] == [
        "MedicationAdministration/dose-1"
    ]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"resourceType": "Bundle", "type": "unheard-of"}, 422),
        ({"resourceType": "Bundle"}, 422),
        ({"resourceType": "Bundle", "type": "batch", "entry": {"resource": {}}}, 422),
        ({"resourceType": "Bundle", "type": "batch", "entry": [17]}, 422),
        (administration(), 400),
        ({"resourceType": "Bundle", "type": "batch"}, 200),
        ({"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": 17}]}, 422),
    ],
)
async def test_a_bundle_that_is_none_is_refused_and_recorded(
    embedded_broker: EmbeddedBroker, content: object, status: int
) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post("", content)
        assert answer.status_code == status
        assert bool(await rejections(embedded_broker)) is (status != 200)
        assert await events(embedded_broker) == []


@pytest.mark.parametrize(("place", "taken"), [("", 200), ("/MedicationAdministration", 201)])
async def test_what_asks_for_history_where_all_is_news_is_not_taken_for_news(
    embedded_broker: EmbeddedBroker, place: str, taken: int
) -> None:
    """It would be paged."""
    body = administration() if place else bundle("collection", administration())
    async with opened(embedded_broker) as client:
        history = await client.post(f"{place}?mode=backfill", body)
        none = await events(embedded_broker)
        news = [await client.post(f"{place}{query}", body) for query in ("?mode=live", "?_format=json")]
    assert (history.status_code, none) == (400, [])
    assert [answer.status_code for answer in news] == [taken, taken]


async def test_lines_that_are_history_are_told_as_such_with_their_rejections_and_marks(
    embedded_broker: EmbeddedBroker,
) -> None:
    text = b"\n".join(orjson.dumps(item) for item in (administration(), BAD))
    async with opened(embedded_broker) as client:
        answer = await client.post("/$ingest?mode=backfill", text, **NDJSON)
        later = await client.post("/$ingest", orjson.dumps(request()), **NDJSON)
        stated, refused = await events(embedded_broker), await rejections(embedded_broker)
    assert (answer.status_code, later.status_code) == (200, 200)
    assert sorted((event.kind, event.mode.value) for event in stated) == [
        ("administration", "backfill"),
        ("order", "live"),
        ("unreadable", "backfill"),
    ]
    assert [item.mode for item in refused] == [Mode.BACKFILL]


async def test_any_other_mode_is_refused_and_nothing_is_taken(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post("/$ingest?mode=history", orjson.dumps(administration()), **NDJSON)
        assert (answer.status_code, told(answer)) == (400, [("error", "invalid", "")])
        assert await events(embedded_broker) == []


async def test_lines_are_taken_one_by_one_and_counted(embedded_broker: EmbeddedBroker) -> None:
    lines = [orjson.dumps(item) for item in (administration(), BAD, {"resourceType": "Claim"}, request())]
    text = b"\n".join([*lines[:2], b"", b"{broken", *lines[2:]]) + b"\n"
    async with opened(embedded_broker) as client:
        answer = await client.post("/$ingest", text, **NDJSON)
        none = await client.post("/$ingest", lines[1], **NDJSON)
        refused = await rejections(embedded_broker)
    parameters = {item["name"]: item for item in answer.json()["parameter"]}
    counts = [parameters[name]["valueInteger"] for name in ("accepted", "rejected", "skipped")]
    assert (answer.status_code, counts) == (200, [2, 2, 1])
    said = [issue["diagnostics"] for issue in parameters["outcome"]["resource"]["issue"]]
    assert [text.partition(":")[0] for text in said] == ["Line 2", "Line 4"]
    assert none.status_code == 422
    assert sorted(item.origin.line or 0 for item in refused) == [1, 2, 4]
