"""What the OpenAPI document says of bodies and answers."""

from typing import Any

from services.intake.http.bodies import JSON, NDJSON

Json = dict[str, Any]
FHIR_JSON = JSON[0]
TYPE_PATTERN = "^[A-Za-z]{1,64}$"
ID_PATTERN = r"^[A-Za-z0-9\-.]{1,64}$"

_ISSUE: Json = {
    "type": "object",
    "required": ["severity", "code"],
    "properties": {
        "severity": {"enum": ["fatal", "error", "warning", "information"]},
        "code": {"type": "string"},
        "diagnostics": {"type": "string"},
        "expression": {"type": "array", "items": {"type": "string"}},
    },
}
OUTCOME: Json = {
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {"type": "array", "minItems": 1, "items": _ISSUE},
    },
}
_REFUSALS = {
    400: "No JSON, or not in its place",
    401: "Nobody known: show an access token or a client certificate",
    403: "Rejected, and recorded so: its source may not say that",
    404: "No such place or resource type",
    408: "The body did not arrive in time",
    413: "Too large",
    415: "Another media type or encoding",
    422: "Rejected, and recorded so, with the element and a cure",
    429: "More waits than may; Retry-After says when to come again",
    503: "Kafka did not take it, and the same may be sent again; Retry-After says when",
}


def resource(kind: str) -> Json:
    """The schema of a resource of one type, as far as a client needs it."""
    return {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"const": kind}},
    }


def answers(statuses: dict[int, tuple[str, Json]]) -> dict[int | str, Json]:
    """The responses of an operation that takes a body: its own, and every refusal."""
    said = {status: (sentence, OUTCOME) for status, sentence in _REFUSALS.items()} | statuses
    return {status: _said(sentence, schema) for status, (sentence, schema) in said.items()}


def takes(schema: Json, *, lines: bool = False) -> Json:
    """The request body of an operation."""
    media = NDJSON if lines else JSON
    return {
        "requestBody": {"required": True, "content": {name: {"schema": schema} for name in media}},
    }


def _said(sentence: str, schema: Json) -> Json:
    return {"description": sentence, "content": {FHIR_JSON: {"schema": schema}}}


def secured(document: Json) -> Json:
    """The OpenAPI document of a door that asks who calls."""
    schemes = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of OAuth 2.0 client credentials, of a trusted issuer",
        },
        "certificate": {"type": "mutualTLS", "description": "The client certificate of a source"},
    }
    document.setdefault("components", {})["securitySchemes"] = schemes
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method in ("post", "put"):
                operation["security"] = [{name: []} for name in schemes]
    return document
