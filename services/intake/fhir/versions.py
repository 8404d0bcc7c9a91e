"""Several versions of one resource in one Bundle, or in files of history: which of them are read.

Where each has its own `meta.lastUpdated` all are read, and the ledger puts them in order. Else the newest is
read alone, if it can be told: by `meta.versionId` where these are numbers (FHIR calls them opaque), by when a
result was issued, or as the first of a Bundle of type history, which has the newest first (FHIR R4,
http.html#history). If not, nobody knows which of them holds.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.door import Door
from services.intake.fhir.codes import inner
from services.intake.fhir.elements import moment
from services.intake.fhir.modifiers import is_part
from services.intake.fhir.naming import entity
from services.intake.fhir.references import local
from services.intake.reading import Unreadable

HISTORY = "history"
OLDER = "older-version"
"""Why a version is passed over of which the same Bundle has a newer one, or the whole."""
_UNCLEAR = Unreadable(
    "stated-twice", "another version of it came together with it, and nothing says which is the newer"
)
_DELETED = Unreadable("unsupported-method", "its resource was deleted later, by the same history")
_DIGITS = re.compile(r"[0-9]{1,15}")
_SAYS_NOTHING = frozenset({"meta", "text"})
Aside = Mapping[int, Unreadable | None]
"""The entries that are not read, by their number from 0: why they are rejected, None for an older version."""


def set_aside(parts: Sequence[dict[str, Any]], kind: object) -> Aside:
    """Which of the entries of one Bundle of the type `kind` are not read."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    deleted: dict[str, int] = {}
    for number, part in enumerate(parts):
        resource = part.get("resource")
        if isinstance(resource, dict) and (resource.get("id") or resource.get("identifier")):
            groups[entity(resource)].append(number)
        elif kind == HISTORY and resource is None and inner(part, "request").get("method") == "DELETE":
            deleted.setdefault(local(str(inner(part, "request").get("url"))), number)
    found: dict[int, Unreadable | None] = {}
    for name, numbers in groups.items():
        if len(numbers) == 1 and name not in deleted:
            continue
        gone = deleted.get(name)
        found |= dict.fromkeys((n for n in numbers if gone is not None and n > gone), _DELETED)
        left = [number for number in numbers if number not in found]
        parts_of_it = [number for number in left if is_part(parts[number]["resource"])]
        if 0 < len(parts_of_it) < len(left):
            found |= dict.fromkeys(parts_of_it)
            left = [number for number in left if number not in found]
        if len(left) > 1:
            found |= _among(left, parts, kind == HISTORY)
    return found


def _among(numbers: list[int], parts: Sequence[dict[str, Any]], newest_first: bool) -> Aside:
    contents: dict[str, list[int]] = {}
    for number in numbers:
        contents.setdefault(content(parts[number]["resource"]), []).append(number)
    versions = list(contents.values())
    resources = [parts[alike[0]]["resource"] for alike in versions]
    if len(versions) == 1 or _in_order_of_storing(resources):
        return {}
    newest = {0} if newest_first else set()
    for mark in (_counted, _issued):
        known = [found for found in map(mark, resources) if found is not None]
        if len(set(known)) == len(versions):
            newest.add(known.index(max(known)))
    if len(newest) != 1:
        return dict.fromkeys(numbers, _UNCLEAR)
    kept = set(versions[newest.pop()])
    return dict.fromkeys(number for number in numbers if number not in kept)


def _in_order_of_storing(resources: Sequence[dict[str, Any]]) -> bool:
    """Whether the ledger can put all of them in order, by when they were stored and then by their numbers."""
    stored = [_stored(resource) for resource in resources]
    if None in stored:
        return False
    if len(set(stored)) == len(stored):
        return True
    counted = [_counted(resource) for resource in resources]
    return None not in counted and len(set(zip(stored, counted, strict=True))) == len(stored)


def content(resource: dict[str, Any]) -> str:
    """All that a version says, as text; what its store adds to it is left out."""
    said = {name: value for name, value in resource.items() if name not in _SAYS_NOTHING}
    try:
        return json.dumps(said, sort_keys=True, default=str)
    except RecursionError:
        return f"nested too deep: {id(resource)}"


def _stored(resource: dict[str, Any]) -> datetime | None:
    return _at(inner(resource, "meta").get("lastUpdated"))


def _at(value: object) -> datetime | None:
    try:
        found = moment(value, Door(), "")
    except Unreadable:
        return None
    return found.at if found is not None else None


def _issued(resource: dict[str, Any]) -> datetime | None:
    """When this version of a result was made available."""
    return _at(resource.get("issued"))


def _counted(resource: dict[str, Any]) -> int | None:
    stated = inner(resource, "meta").get("versionId")
    return int(stated) if isinstance(stated, str) and _DIGITS.fullmatch(stated) else None
