"""Files to resources: one resource, a Bundle of any type, NDJSON; a directory of them; each also as .gz."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.rejections import Origin
from services.intake.fhir.codes import listed
from services.intake.fhir.versions import set_aside
from services.intake.json_text import parse
from services.intake.lines import LARGEST_FILE, LARGEST_MESSAGE, Line, lines, whole_file
from services.intake.reading import Unreadable

FORMAT = "fhir"
SUFFIXES = (".json", ".ndjson", ".jsonl")
CALLED = ".json, .ndjson or .jsonl"
_BUNDLE = re.compile(rb'"resourceType"\s*:\s*"Bundle"')


@dataclass(frozen=True, slots=True)
class Document:
    """One place in the input: a resource with the URL it is known under, or the error in its stead.

    `original` is how it was written where it came alone; `line` tells of one that was too long to be kept.
    `fault` is what is wrong with a resource beside itself; `older`: its Bundle has a newer version of it.
    """

    origin: Origin
    resource: Any = None
    full_url: object = None
    error: Unreadable | None = None
    original: bytes = b""
    line: Line | None = None
    empty: bool = False
    fault: Unreadable | None = None
    older: bool = False


def documents(path: Path) -> Iterator[Document]:
    """What one file holds, in its order. Raises `BrokenFile` where the file itself cannot be read."""
    name = path.name.removesuffix(".gz")
    if name.endswith((".ndjson", ".jsonl")):
        yield from _lines(path)
        return
    text, whole = whole_file(path, LARGEST_FILE)
    origin = Origin(door=FORMAT, path=str(path))
    try:
        if not whole or (len(text) > LARGEST_MESSAGE and not _BUNDLE.search(text[:LARGEST_MESSAGE])):
            raise Unreadable(
                "too-large", f"a resource may have {LARGEST_MESSAGE} bytes, a Bundle {LARGEST_FILE}"
            )
        content = parse(text)
    except Unreadable as error:
        if error.reason == "not-json" and text.count(b"\n") and not name.endswith(".json"):
            yield from _lines(path)
            return
        yield Document(origin, error=error, original=text)
        return
    yield from _unbundled(content, origin, text)


def _lines(path: Path) -> Iterator[Document]:
    for line in lines(path):
        origin = Origin(door=FORMAT, path=str(path), line=line.number)
        if not line.whole:
            error = Unreadable("too-large", f"a message may have at most {LARGEST_MESSAGE} bytes")
            yield Document(origin, error=error, original=line.text, line=line)
            continue
        try:
            content = parse(line.text)
        except Unreadable as error:
            yield Document(origin, error=error, original=line.text)
            continue
        yield from _unbundled(content, origin, line.text)


def _unbundled(content: Any, origin: Origin, text: bytes) -> Iterator[Document]:
    if not isinstance(content, dict) or content.get("resourceType") != "Bundle":
        yield Document(origin, content, original=text)
        return
    yield from _entries(content, origin, f"{origin.path}#entry", within=False)


def _entries(bundle: dict[str, Any], origin: Origin, path: str, *, within: bool) -> Iterator[Document]:
    """The entries of a Bundle, and of a Bundle within it (the answer to a search in a batch), no deeper."""
    entries = listed(bundle, "entry")
    if not entries:
        yield Document(origin, empty=True)
    aside = set_aside(entries, bundle.get("type"))
    for number, entry in enumerate(entries):
        place = origin.model_copy(update={"path": f"{path}[{number + 1}]"})
        resource = entry.get("resource")
        if resource is None:
            yield Document(place, empty=True)
        elif not within and isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
            yield from _entries(resource, place, str(place.path), within=True)
        elif number in aside and aside[number] is None:
            yield Document(place, resource, entry.get("fullUrl"), older=True)
        else:
            yield Document(place, resource, entry.get("fullUrl"), fault=aside.get(number))
