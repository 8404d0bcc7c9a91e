"""From what went wrong to a reason and a sentence that hold nothing of the payload."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from schemas.clinical import CLINICAL_EVENT
from schemas.rejections import KEPT_BYTES, Origin, RejectedEvent, rejected_event
from services.intake.reading import Unreadable

_CAUSES = (
    ("ends before it starts", "end-before-start", "it ends before it starts"),
    ("5 minutes after", "future-event", "it happened more than 5 minutes after it was received"),
)
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this kind",
    "greater_than_equal": "is too small",
    "greater_than": "must be above zero",
    "string_too_long": "is too long",
    "string_too_short": "is empty",
    "timezone_aware": "has no UTC offset",
    "finite_number": "is not a finite number",
}


def _field_names(schema: object) -> Iterable[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in schema.values():
            yield from _field_names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _field_names(value)


_KNOWN_FIELDS = frozenset(_field_names(CLINICAL_EVENT.json_schema()))


def reason_of(error: ValidationError) -> Unreadable:
    """The reason and the sentence for a statement that the contract refuses."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    for part, reason, sentence in _CAUSES:
        if any(part in detail["msg"] for detail in details):
            return Unreadable(reason, sentence)
    first = details[0]
    kind = first["type"]
    if kind == "json_invalid":
        return Unreadable("not-json", "a level is nested too deep or a number too long")
    if kind.startswith("union_tag"):
        return Unreadable("unknown-kind", "the field `kind` names no kind of event")
    if kind == "greater_than_equal" and first["loc"] and first["loc"][-1] == "value":
        return Unreadable("negative-value", f"{_place(first['loc'])} is negative")
    message = _MESSAGES.get(kind, f"is not as the schema asks ({kind})")
    more = f"; {len(details) - 1} further problems" if len(details) > 1 else ""
    return Unreadable("wrong-schema", f"{_place(first['loc'])} {message}{more}")


def _place(path: tuple[Any, ...]) -> str:
    known = [str(part) for part in path if isinstance(part, int) or part in _KNOWN_FIELDS]
    return "the field " + ".".join(known) if known else "a field"


def rejection(origin: Origin, original: bytes, error: Unreadable) -> RejectedEvent:
    """The record of `rejected-events` for a complete original."""
    return rejected_event("intake", origin, original, error.reason, error.detail)


def rejection_of_part(
    origin: Origin, beginning: bytes, length: int, sha256: str, error: Unreadable
) -> RejectedEvent:
    """The same, where only the beginning of the original was kept."""
    partial = rejected_event("intake", origin, beginning[:KEPT_BYTES], error.reason, error.detail)
    return partial.model_copy(update={"length": length, "sha256": sha256})
