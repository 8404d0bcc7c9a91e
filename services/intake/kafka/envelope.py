"""What a record's value is wrapped in: nothing, or a CloudEvent (1.0, Kafka protocol binding).

Structured: the value is the CloudEvent and its `data` our event. Binary: the value is our event and the
attributes are headers `ce_...`. A CloudEvent in the value is recognised without its content type, too,
because not every producer can set headers.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from services.intake.json_text import parse
from services.intake.reading import Unreadable

SPEC_VERSION = "1.0"
REQUIRED = ("id", "source", "type")
STRUCTURED = "application/cloudevents+json"
_FAMILY = "application/cloudevents"
_JSON = "application/json"


class Content(NamedTuple):
    """The event's own text, and what is wrong with what it came in."""

    text: bytes
    fault: Unreadable | None = None


def opened(value: bytes, headers: Iterable[tuple[str, bytes]]) -> Content:
    """The event within a record; a fault leaves as much text as may still tell whose it is."""
    named = {name.lower(): data.decode("utf-8", "replace") for name, data in headers if data is not None}
    kind = _media_type(named.get("content-type", ""))
    attributes = {name.removeprefix("ce_"): data for name, data in named.items() if name.startswith("ce_")}
    if kind.startswith(_FAMILY):
        return _structured(value) if kind == STRUCTURED else Content(value, _no_json(kind))
    if attributes:
        return Content(value, _fault(attributes, kind))
    if kind and not _is_json(kind):
        return Content(value, _no_json(kind))
    return _structured(value, or_plain=True) if b'"specversion"' in value else Content(value)


def _structured(value: bytes, *, or_plain: bool = False) -> Content:
    try:
        event = parse(value)
    except Unreadable:
        return Content(value)  # whoever reads it finds the same
    if not isinstance(event, dict) or (or_plain and "specversion" not in event):
        no_object = Unreadable("wrong-envelope", "a structured CloudEvent is an object")
        return Content(value, None if or_plain else no_object)
    fault = _fault(event, _media_type(str(event.get("datacontenttype") or "")))
    if "data_base64" in event:
        return _encoded(event["data_base64"], fault)
    if "data" not in event:
        return Content(value, fault or Unreadable("wrong-envelope", "the CloudEvent has no data"))
    return Content(_member(value.decode("utf-8-sig"), "data").encode(), fault)


def _encoded(data: object, fault: Unreadable | None) -> Content:
    try:
        return Content(base64.b64decode(str(data), validate=True), fault)
    except (binascii.Error, ValueError):
        return Content(b"", fault or Unreadable("wrong-envelope", "data_base64 is no base64"))


def _fault(attributes: Mapping[str, Any], content: str) -> Unreadable | None:
    """What keeps a CloudEvent from being read; the other attributes are not looked at."""
    if attributes.get("specversion") != SPEC_VERSION:
        return Unreadable("unknown-version", "the CloudEvents specversion is not 1.0")
    for name in REQUIRED:
        if not attributes.get(name) or not isinstance(attributes[name], str):
            return Unreadable("wrong-envelope", f"the CloudEvents attribute {name} is missing")
    return None if not content or _is_json(content) else _no_json(content)


def _no_json(kind: str) -> Unreadable:
    known = kind.startswith(_FAMILY)
    what = "CloudEvents in another format than JSON" if known else "another content type than JSON"
    return Unreadable("unknown-media-type", f"{what} is not read here")


def _media_type(text: str) -> str:
    return text.partition(";")[0].strip().lower()


def _is_json(kind: str) -> bool:
    return kind == _JSON or kind.endswith("+json")


def _member(text: str, name: str) -> str:
    """The text of one member of an object that is known to be valid JSON, as it stands: numbers keep all
    their digits.
    """
    decoder = json.JSONDecoder()
    at = text.index("{") + 1
    while True:
        key, at = decoder.raw_decode(text, _past(text, at))
        start = _past(text, _past(text, at) + 1)
        _, at = decoder.raw_decode(text, start)
        if key == name:
            return text[start:at]
        at = _past(text, at) + 1


def _past(text: str, at: int) -> int:
    """Where the white space at `at` ends."""
    while text[at] in " \t\r\n":
        at += 1
    return at
