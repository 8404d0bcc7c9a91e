"""Valid FHIR requests, and other JSON, damaged at random: cut, mutated, wrong, huge, deep, in bad UTF-8."""

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.intake.whole_resources import WHOLE

JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1e300, -0.5, "", " ", "\x00", "2026-02-30", "0001-01-01",
    "9999-12-31T23:59:59-14:00",
    "#", "urn:uuid:", "\U0001f480", "x" * 5_000, [], {}, [[]], [None], [{}], {"value": "1"}, {"value": 1e300},
    {"reference": 7}, {"reference": "#"}, {"coding": "x"}, {"start": "2027-01-01", "end": "2026-01-01"},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and where to."""

    place: str
    media: str
    body: bytes
    how: str


def requests() -> Iterator[tuple[str, str, Any]]:
    """The valid requests that are damaged: every kind of resource alone, in Bundles and as lines."""
    for resource in WHOLE:
        yield f"/fhir/R4/{resource['resourceType']}", "application/fhir+json", resource
    for kind in ("transaction", "batch", "collection"):
        entries = [
            {
                "fullUrl": f"urn:uuid:{number}",
                "resource": item,
                "request": {"method": "PUT", "url": f"{item['resourceType']}/{item['id']}"},
            }
            for number, item in enumerate(WHOLE)
        ]
        yield "/fhir/R4", "application/fhir+json", {"resourceType": "Bundle", "type": kind, "entry": entries}


VALID = tuple(requests())


def damaged(chance: random.Random) -> Request:
    """One damaged request; about one in twenty stays as it is."""
    place, media, value = chance.choice(VALID)
    how, body = damaged_text(chance, value)
    if chance.random() < 0.1:
        return Request("/fhir/R4/$ingest", "application/fhir+ndjson", body + b"\n" + _text(value), how)
    return Request(place, media, body, how)


def damaged_text(chance: random.Random, value: Any) -> tuple[str, bytes]:
    """How a JSON object was damaged, and its text."""
    how = chance.choice(tuple(_WAYS))
    return how, _WAYS[how](chance, value)


def _text(value: Any) -> bytes:
    return json.dumps(value).encode()


def _whole(_chance: random.Random, value: Any) -> bytes:
    return _text(value)


def _cut(chance: random.Random, value: Any) -> bytes:
    text = _text(value)
    return text[: chance.randrange(len(text))]


def _flipped(chance: random.Random, value: Any) -> bytes:
    text = bytearray(_text(value))
    for _ in range(chance.randint(1, 8)):
        text[chance.randrange(len(text))] = chance.randrange(256)
    return bytes(text)


def _spliced(chance: random.Random, value: Any) -> bytes:
    text = _text(value)
    start, end = sorted((chance.randrange(len(text)), chance.randrange(len(text))))
    return (
        text[:start]
        + chance.choice((b"", text[start:end] * 2, b"NaN", b"\xff\xfe", b"1e999999"))
        + text[end:]
    )


def _junk(chance: random.Random, value: Any) -> bytes:
    """Elements replaced, removed or doubled under other types."""
    copy = deepcopy(value)
    for _ in range(chance.randint(1, 4)):
        *way, last = chance.choice([path for path in places(copy) if path])
        target = copy
        for step in way:
            target = target[step]
        if chance.random() < 0.2:
            del target[last]
        else:
            target[last] = deepcopy(chance.choice(JUNK))
    return _text(copy)


def _number(chance: random.Random, value: Any) -> bytes:
    text = _text(value)
    number = chance.choice(
        (b"NaN", b"-Infinity", b"1e400", b"9" * 5_000, b"0." + b"3" * 400, b"-0", b"1E-400")
    )
    return text.replace(b'"value": ', b'"value": ' + number + b', "was": ')


def _doubled(chance: random.Random, value: Any) -> bytes:
    return b'{"resourceType": "' + chance.choice((b"Patient", b"Bundle")) + b'", ' + _text(value)[1:]


def _deep(chance: random.Random, value: Any) -> bytes:
    """Nested around the depth at which Python's own reader gives up, and far beyond."""
    depth = chance.choice((20, 200, 400, 900, 950, 980, 1_100, 20_000))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"extension":', b"}")))
    inner = opening * depth + b"1" + closing * depth
    name = chance.choice((b"extension", b"dosage", b"subject", b"meta", b"entry"))
    return (
        b'{"'
        + name
        + b'":'
        + inner
        + b","
        + _text({k: v for k, v in value.items() if k != name.decode()})[1:]
    )


def _huge(chance: random.Random, value: Any) -> bytes:
    copy = deepcopy(value)
    name = chance.choice(("note", "extension", "identifier", "id", "status"))
    copy[name] = chance.choice(("x" * 300_000, [{"value": "y"}] * 20_000, "z" * 1_100_000))
    return _text(copy)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within a value."""
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, child in children:
        yield from places(child, (*path, name))


_WAYS: dict[str, Callable[[random.Random, Any], bytes]] = {
    "whole": _whole, "cut": _cut, "flipped": _flipped, "spliced": _spliced, "junk": _junk,
    "junk twice": _junk, "number": _number, "doubled": _doubled, "deep": _deep, "huge": _huge,
}  # fmt: skip
