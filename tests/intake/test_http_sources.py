"""Who calls the HTTP door, by certificate or token on real sockets, and of what it may speak."""

import logging
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from typing import Any

import httpx
import orjson
import pytest

from schemas.clinical import UnreadableFact
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.authority import Authority, Identity
from tests.intake.http_door import FHIR, NDJSON, bundle, events, rejections
from tests.intake.sourced import Served, declared, said, served
from tests.intake.token_issuer import AUDIENCE, ISSUER, TokenIssuer, issuing
from tests.intake.writing import administration, request

pytestmark = pytest.mark.embedded

EHR = "name: west-ehr, token: {client_id: west-ehr}, facilities: any, kinds: [administration, order]"
DOSE = orjson.dumps(administration())
Json = dict[str, Any]
PLACE = "/fhir/R4/MedicationAdministration"


def observation() -> Json:
    """A creatinine of Ada's."""
    return {
        "resourceType": "Observation",
        "id": "creatinine-1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T08:00:00Z",
        "valueQuantity": {
            "value": 1,
            "unit": "mg/dL",
            "system": "http://unitsofmeasure.org",
            "code": "mg/dL",
        },
    }


def encounter(**more: Any) -> Json:
    """A stay of Ada's."""
    return {
        "resourceType": "Encounter",
        "id": "stay-1",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/ada"},
        "period": {"start": "2026-03-01T08:00:00Z"},
    } | more


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "West Hospital CA")


@asynccontextmanager
async def tokens_taken(
    broker: EmbeddedBroker, directory: Path, *sources: str
) -> AsyncIterator[tuple[TokenIssuer, httpx.AsyncClient]]:
    """The door for sources with tokens, their issuer, and a client that shows none by itself."""
    async with issuing() as issuer:
        known = declared(
            directory,
            *sources or (EHR,),
            issuer=f"issuer: '{ISSUER}', audience: {AUDIENCE}, jwks: '{issuer.jwks}'",
        )
        async with served(broker, known) as doors, httpx.AsyncClient(base_url=doors.http) as http:
            yield issuer, http


def bearing(token: str) -> dict[str, str]:
    return FHIR | {"authorization": f"Bearer {token}"}


async def test_a_token_names_the_source_whatever_the_payload_says(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    claims_another = orjson.dumps(administration(meta={"source": "urn:somebody:else"}))
    async with tokens_taken(embedded_broker, tmp_path) as (issuer, http):
        headers = bearing(issuer.token(time())) | {"x-source": "somebody-else", "from": "somebody-else"}
        assert (await http.post(PLACE, content=claims_another, headers=headers)).status_code == 201
    assert [event.source for event in await events(embedded_broker)] == ["west-ehr"]


async def test_whoever_shows_nothing_or_something_bad_is_told_to_log_in_and_nothing_is_kept(
    embedded_broker: EmbeddedBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with tokens_taken(embedded_broker, tmp_path) as (issuer, http):
        over = issuer.token(time(), exp=time() - 1)
        shown = [
            {},
            {"authorization": f"Bearer {over}"},
            {"authorization": f"Bearer {issuer.token(time(), client_id='somebody-else')}"},
            {"authorization": f"Basic {issuer.token(time())}"},
            {"authorization": "Bearer"},
            {"authorization": "Bearer \xff.\xfe.\xfd".encode("latin-1").decode("latin-1")},
        ]
        for headers in shown:
            encoded = {name: value.encode("latin-1") for name, value in (FHIR | headers).items()}
            answer = await http.post(PLACE, content=DOSE, headers=encoded)
            assert (answer.status_code, said(answer)) == (401, "login")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        doubled = [*bearing(issuer.token(time())).items(), ("authorization", f"Bearer {over}")]
        assert (await http.post(PLACE, content=DOSE, headers=doubled)).status_code == 401
        for path in ("/fhir/R4", "/fhir/R4/$ingest", f"{PLACE}/$validate"):
            assert (await http.post(path, content=b"{}", headers=FHIR)).status_code == 401
        assert (await http.put(f"{PLACE}/dose-1", content=DOSE, headers=FHIR)).status_code == 401
    assert await events(embedded_broker) == []
    assert await rejections(embedded_broker) == []
    assert over not in caplog.text
    assert over.split(".")[1] not in caplog.text


async def test_a_body_of_a_stranger_is_not_waited_for(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    async with tokens_taken(embedded_broker, tmp_path) as (issuer, http):
        for _ in range(5):
            assert (await http.post(PLACE, content=b" " * 8_000_000, headers=FHIR)).status_code == 401
        good = await http.post(PLACE, content=DOSE, headers=bearing(issuer.token(time())))
    assert good.status_code == 201


async def test_what_everybody_may_read_stays_open(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    async with tokens_taken(embedded_broker, tmp_path) as (_, http):
        for path in ("/healthz", "/readyz", "/fhir/R4/metadata", "/openapi.json"):
            assert (await http.get(path)).status_code == 200
        statement = (await http.get("/fhir/R4/metadata")).json()
        description = (await http.get("/openapi.json")).json()
    services = [item["coding"][0]["code"] for item in statement["rest"][0]["security"]["service"]]
    assert services == ["OAuth", "Certificates"]
    schemes = description["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"http", "mutualTLS"}
    assert description["paths"]["/fhir/R4/{kind}"]["post"]["security"]
    assert description["paths"]["/fhir/R4/metadata"]["get"].get("security", []) == []


async def test_when_the_issuer_is_silent_the_same_may_be_sent_again(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    async with tokens_taken(embedded_broker, tmp_path) as (issuer, http):
        issuer.broken = True
        answer = await http.post(PLACE, content=DOSE, headers=bearing(issuer.token(time())))
    assert (answer.status_code, said(answer)) == (503, "transient")
    assert answer.headers["retry-after"]


async def test_a_kind_that_a_source_may_not_state_is_forbidden_and_marks_its_patient(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    async with tokens_taken(embedded_broker, tmp_path) as (issuer, http):
        headers = bearing(issuer.token(time()))
        answer = await http.post("/fhir/R4/Observation", content=orjson.dumps(observation()), headers=headers)
        assert (answer.status_code, said(answer)) == (403, "forbidden")
        mixed = await http.post(
            "/fhir/R4",
            content=orjson.dumps(bundle("batch", administration(), observation())),
            headers=headers,
        )
        statuses = [entry["response"]["status"] for entry in mixed.json()["entry"]]
        assert statuses == ["200 OK", "403 Forbidden"]
        whole = bundle("transaction", request(), observation())
        refused = await http.post("/fhir/R4", content=orjson.dumps(whole), headers=headers)
        assert refused.status_code == 403
        lines = await http.post(
            "/fhir/R4/$ingest", content=orjson.dumps(observation()), headers=headers | NDJSON
        )
        assert lines.status_code == 403
    stated = await events(embedded_broker)
    assert {event.kind for event in stated} == {"administration", "unreadable"}
    assert {event.reason for event in stated if isinstance(event, UnreadableFact)} == {"source-not-allowed"}
    found = await rejections(embedded_broker)
    assert {(record.reason, record.source, record.origin.peer) for record in found} == {
        ("source-not-allowed", "west-ehr", "127.0.0.1")
    }


async def test_a_facility_that_is_not_listed_is_forbidden_and_marks_nobody(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    listed = EHR.replace("facilities: any", "facilities: ['urn:west', 'Organization/west']").replace(
        "kinds: [administration, order]", "kinds: any, patient_authorities: [none]"
    )
    west, east = {"reference": "Organization/west"}, {"reference": "https://x.example/Organization/east"}
    allowed = [administration(meta={"source": "urn:west#17"}), encounter(serviceProvider=west)]
    forbidden = [
        administration(),
        administration(meta={"source": "urn:east"}),
        encounter(serviceProvider=east, meta={"source": "urn:west"}),
    ]
    async with tokens_taken(embedded_broker, tmp_path, listed) as (issuer, http):
        headers = bearing(issuer.token(time()))
        for resource in allowed + forbidden:
            path = f"/fhir/R4/{resource['resourceType']}"
            answer = await http.post(path, content=orjson.dumps(resource), headers=headers)
            assert answer.status_code == (201 if resource in allowed else 403), resource
    assert {event.kind for event in await events(embedded_broker)} == {"administration", "encounter"}


def lab(identity: Identity) -> str:
    return f"name: west-lab, certificate: {{sha256: {identity.sha256}}}, facilities: any, kinds: any"


async def told_of(doors: Served, tls: ssl.SSLContext, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=doors.http, verify=tls) as http:
        return await http.post(PLACE, content=DOSE, headers=FHIR | headers)


async def test_a_certificate_names_the_source_by_fingerprint_by_name_and_by_subject(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path
) -> None:
    known = authority.signed("lab"), authority.signed("ehr", "Engine.West.example"), authority.signed("pump")
    ehr = "name: west-ehr, certificate: {san: 'DNS:engine.west.example'}, facilities: any, kinds: any"
    pump = "name: west-pump, certificate: {subject: 'CN=pump,O=West Hospital'}, facilities: any, kinds: any"
    sources = declared(tmp_path, lab(known[0]), ehr, pump)
    stranger = authority.signed("stranger", "engine.east.example")
    async with served(embedded_broker, sources, authority) as doors:
        for identity in known:
            assert (await told_of(doors, authority.client(identity))).status_code == 201
        for tls in (authority.client(stranger), authority.client()):
            answer = await told_of(doors, tls)
            assert (answer.status_code, said(answer)) == (401, "login")
        claimed = await told_of(doors, authority.client(), x_client_cert="CN=pump,O=West Hospital")
        assert claimed.status_code == 401
    assert sorted(event.source for event in await events(embedded_broker)) == [
        "west-ehr", "west-lab", "west-pump",
    ]  # fmt: skip


async def test_certificates_that_are_over_or_of_another_authority_do_not_get_as_far_as_a_request(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path
) -> None:
    over = authority.signed("lab", valid_days=-1)
    elsewhere = Authority(tmp_path, "Somebody").signed("lab")
    sources = declared(tmp_path, lab(over), lab(elsewhere).replace("west-lab", "west-lab-2"))
    async with served(embedded_broker, sources, authority) as doors:
        for identity in (over, elsewhere):
            with pytest.raises(httpx.TransportError):
                await told_of(doors, authority.client(identity))
    assert await events(embedded_broker) == []


async def test_a_certificate_that_counts_only_with_an_ocsp_answer_is_that_of_nobody(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path
) -> None:
    """No such answer is asked for, so that nobody knows whether it is revoked."""
    identity = authority.signed("lab", must_staple=True)
    async with served(embedded_broker, declared(tmp_path, lab(identity)), authority) as doors:
        answer = await told_of(doors, authority.client(identity))
    assert (answer.status_code, said(answer)) == (401, "login")
    assert "OCSP" in answer.text
    assert await events(embedded_broker) == []


async def test_a_token_decides_whatever_the_certificate_says(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path
) -> None:
    identity = authority.signed("lab")
    async with issuing() as issuer:
        known = declared(
            tmp_path,
            lab(identity),
            EHR,
            issuer=f"issuer: '{ISSUER}', audience: {AUDIENCE}, jwks: '{issuer.jwks}'",
        )
        tls = authority.client(identity)
        bound = {"x5t#S256": "AAAA"}
        async with served(embedded_broker, known, authority) as doors:
            good = await told_of(doors, tls, authorization=f"Bearer {issuer.token(time())}")
            bad = await told_of(doors, tls, authorization=f"Bearer {issuer.token(time(), aud='x')}")
            other = await told_of(doors, tls, authorization=f"Bearer {issuer.token(time(), cnf=bound)}")
    assert (good.status_code, bad.status_code, other.status_code) == (201, 401, 401)
    assert [event.source for event in await events(embedded_broker)] == ["west-ehr"]


async def test_damaged_tokens_are_refused_at_the_door_and_nothing_of_it_breaks(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    chance = random.Random(2)
    async with tokens_taken(embedded_broker, tmp_path) as (issuer, http):
        whole = issuer.token(time())
        for _ in range(150):
            token = bytearray(whole.encode())
            for _ in range(chance.randint(1, 3)):
                # The last sign of a signature holds bits that say nothing, and HTTP itself refuses DEL.
                token[chance.randrange(len(token) - 1)] = chance.choice([*range(33, 127), *range(128, 256)])
            headers = {"content-type": FHIR["content-type"].encode(), "authorization": b"Bearer " + token}
            answer = await http.post(PLACE, content=DOSE, headers=headers)
            assert answer.status_code == 401 or token == whole.encode()
        assert (await http.post(PLACE, content=DOSE, headers=bearing(whole))).status_code == 201
