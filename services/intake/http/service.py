"""The HTTP service: which URL leads where, and how errors are said."""

import importlib.metadata
import logging
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.responses import Response

from schemas.base import Mode
from services.intake.accepting import Acceptor, Busy
from services.intake.door import Door
from services.intake.http.answers import BASE, Answer
from services.intake.http.bodies import Refused
from services.intake.http.callers import Callers
from services.intake.http.capability import capability
from services.intake.http.description import (
    FHIR_JSON,
    ID_PATTERN,
    OUTCOME,
    TYPE_PATTERN,
    answers,
    resource,
    secured,
    takes,
)
from services.intake.http.handling import Handling
from services.intake.http.outcomes import issue, outcome
from services.intake.http.short_way import Said, ShortWay
from services.intake.http.types import TYPES
from services.intake.sending import PublishFailed
from services.intake.settings import HttpLimits
from services.intake.trust.life import Life

log = logging.getLogger(__name__)
_RETRY_AFTER_S = "5"
_NOT_OBSERVED = TelemetryConfig(tracing=False, metrics=False, logs=False)
"""What is observed is said by `serving.py`, without payload; asking for providers costs each request."""
_Type = Annotated[
    str,
    Path(
        pattern=TYPE_PATTERN,
        description="A resource type of FHIR R4",
        json_schema_extra={"enum": sorted(TYPES)},
    ),
]
_Mode = Annotated[
    Mode, Query(description="backfill: history, judged and shown, never paged, and never too late")
]
_Id = Annotated[str, Path(pattern=ID_PATTERN, description="The resource's own id")]
_ANY: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string"}},
}


class Fhir(Response):
    """An answer in FHIR's JSON."""

    media_type = FHIR_JSON


def service(
    acceptor: Acceptor,
    door: Door,
    source: str,
    limits: HttpLimits,
    callers: Callers | None = None,
    life: Life | None = None,
) -> FastAPI:
    """The application over an acceptor that is already entered. Without `callers` nobody is asked who they
    are, and all that comes is of `source`; `life` hears of what is stored.
    """
    version = importlib.metadata.version("dosewarden")
    app = FastAPI(
        title="DoseWarden intake: FHIR R4", version=version, docs_url=None, redoc_url=None,
        default_response_class=Fhir, redirect_slashes=False, telemetry=_NOT_OBSERVED,
    )  # fmt: skip
    said = _own_words(app)
    _watched(app, acceptor)
    statement = orjson.dumps(capability(version, asked=callers is not None))
    _fhir(app, Handling(acceptor, door, source, limits, callers, life), statement, said)
    if callers is not None:
        document = secured(app.openapi())
        app.openapi = lambda: document  # type: ignore[method-assign]
    return app


def _fhir(app: FastAPI, handling: Handling, statement: bytes, said: Said) -> None:

    @app.get(
        f"{BASE}/metadata",
        responses={200: answers({200: ("What is taken", resource("CapabilityStatement"))})[200]},
    )
    async def metadata() -> Response:
        """The CapabilityStatement."""
        return Fhir(statement)

    @app.post(
        BASE,
        responses=answers({200: ("Each entry with its own status", resource("Bundle"))}),
        openapi_extra=takes(resource("Bundle")),
    )
    async def bundle(request: Request) -> Response:
        """A Bundle. A transaction is taken whole or not at all, everything else entry by entry."""
        return _said(await handling.bundle(request))

    parameters = {"anyOf": [resource("Parameters"), OUTCOME]}

    @app.post(
        f"{BASE}/$ingest",
        responses=answers(
            {
                200: ("Counts of lines", resource("Parameters")),
                422: ("All lines were rejected, or the request", parameters),
            }
        ),
        openapi_extra=takes({"type": "string"}, lines=True),
    )
    async def ingest(request: Request, mode: _Mode = Mode.LIVE) -> Response:
        """NDJSON: one resource per line, each accepted, rejected or passed over by itself."""
        return _said(await handling.lines(request, mode))

    @app.post(
        f"{BASE}/{{kind}}/$validate",
        responses=answers({200: ("What would be said", OUTCOME)}),
        openapi_extra=takes(_ANY),
    )
    async def validate(request: Request, kind: _Type) -> Response:
        """A dry run: what would be said of a resource. Nothing is sent or recorded."""
        return _said(await handling.validated(request, kind))

    @app.post(
        f"{BASE}/{{kind}}",
        status_code=201,
        responses=answers(
            {201: ("Accepted: Kafka has it", OUTCOME), 200: ("Of no concern here: nothing kept", OUTCOME)}
        ),
        openapi_extra=takes(_ANY),
    )
    async def create(request: Request, kind: _Type) -> Response:
        """One resource. Its own id is kept; without one it is known by its identifier or its content."""
        return _said(await handling.resource(request, kind))

    @app.put(
        f"{BASE}/{{kind}}/{{identity}}",
        responses=answers({200: ("Accepted: Kafka has it, or of no concern here", OUTCOME)}),
        openapi_extra=takes(_ANY),
    )
    async def update(request: Request, kind: _Type, identity: _Id) -> Response:
        """One resource under its own id: a new version, or the first."""
        return _said(await handling.resource(request, kind, identity))

    async def answer(request: Request, kind: str, identity: str | None) -> Response:
        return _said(await handling.resource(request, kind, identity))

    described = {
        method: route
        for route in app.routes
        if isinstance(route, APIRoute) and route.endpoint in (create, update)
        for method in route.methods or ()
    }
    app.add_middleware(ShortWay, base=BASE, described=described, answer=answer, said=said)


def _watched(app: FastAPI, acceptor: Acceptor) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> Response:
        return Response('{"status":"alive"}', media_type="application/json")

    @app.get("/readyz", include_in_schema=False)
    async def ready() -> Response:
        if await acceptor.ready():
            return Response('{"status":"ready"}', media_type="application/json")
        return Response('{"status":"kafka-unreachable"}', 503, media_type="application/json")


def _own_words(app: FastAPI) -> Said:
    """Every error as an OperationOutcome, without anything of the payload; those of handling come back."""

    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> Response:
        headers = error.headers | ({"connection": "close"} if error.close else {})
        return _refusal(error.status, error.code, error.sentence, headers)

    @app.exception_handler(Busy)
    async def busy(_request: Request, error: Busy) -> Response:
        sentence = f"More waits for Kafka than may: send it again in {error.retry_after_s} s."
        return _refusal(429, "throttled", sentence, {"retry-after": str(error.retry_after_s)})

    @app.exception_handler(PublishFailed)
    async def failed(_request: Request, _error: PublishFailed) -> Response:
        sentence = "Kafka did not take it: send the same again, ids keep it from counting twice."
        return _refusal(503, "transient", sentence, {"retry-after": _RETRY_AFTER_S})

    @app.exception_handler(HTTPException)
    async def elsewhere(_request: Request, error: HTTPException) -> Response:
        known = {404: "not-found", 405: "not-supported"}
        sentence = f"Nothing is served here this way; {BASE}/metadata says what is."
        return _refusal(
            error.status_code, known.get(error.status_code, "processing"), sentence, dict(error.headers or {})
        )

    @app.exception_handler(RequestValidationError)
    async def no_name(_request: Request, error: RequestValidationError) -> Response:
        if any(item["loc"][0] == "query" for item in error.errors()):
            return _refusal(400, "invalid", "mode is live or backfill.", {})
        return _refusal(404, "not-found", "The URL names no resource type, or no id that FHIR allows.", {})

    return {Refused: refused, Busy: busy, PublishFailed: failed}


def _refusal(status: int, code: str, sentence: str, headers: dict[str, str]) -> Response:
    return Fhir(orjson.dumps(outcome([issue("error", code, sentence)])), status, headers)


def _said(answer: Answer) -> Response:
    return Fhir(orjson.dumps(answer.body), answer.status, answer.headers)
