"""A Bundle: its entries as statements, and what each of them asks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.intake.fhir.references import local
from services.intake.fhir.versions import OLDER, Aside, set_aside
from services.intake.http.statements import Request, Statement
from services.intake.http.types import TYPES
from services.intake.reading import Skipped, Unreadable

TRANSACTION = "transaction"
KINDS = frozenset(
    {
        TRANSACTION, "transaction-response", "batch", "batch-response", "collection", "document", "history",
        "message", "searchset",
    }
)  # fmt: skip
_STATED = frozenset({"POST", "PUT"})
_EMPTY = "bundle-entry-without-resource"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the Bundle, by its number from 0, with the statements in it (a Bundle within has several).

    `method` is POST or PUT, POST where it says nothing.
    """

    number: int
    statements: tuple[Statement, ...]
    method: str = "POST"

    @property
    def rejected(self) -> bool:
        """Whether any of it was."""
        return any(statement.rejected for statement in self.statements)


def entries(bundle: dict[str, Any], request: Request) -> list[Entry]:
    """Every entry, read. Raises `Unreadable` where the Bundle itself has not FHIR's form, `Refused` where it
    holds too much.
    """
    kind = bundle.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Unreadable("wrong-schema", "`type` is no type of Bundle that states something", "Bundle.type")
    parts = _parts(bundle, "Bundle")
    request.bound(len(parts) + sum(len(_inner_entries(part)) for part in parts))
    aside = set_aside(parts, kind)
    for number, part in enumerate(parts):
        _note(part, request, aside=number in aside)
    return [_entry(number, part, request, aside) for number, part in enumerate(parts)]


def _parts(bundle: dict[str, Any], place: str) -> list[dict[str, Any]]:
    parts = bundle.get("entry", [])
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Unreadable("wrong-schema", "`entry` is no list of entries", f"{place}.entry")
    return parts


def _note(part: dict[str, Any], request: Request, *, aside: bool) -> None:
    resource = part.get("resource")
    if not isinstance(resource, dict):
        return
    request.known.note(resource, part.get("fullUrl"), aside=aside)
    within = [item for item in _inner_entries(part) if isinstance(item, dict)]
    older = set_aside(within, resource.get("type")) if within else {}
    for number, item in enumerate(within):
        if isinstance(item.get("resource"), dict):
            request.known.note(item["resource"], item.get("fullUrl"), aside=number in older)


def _inner_entries(part: dict[str, Any]) -> list[Any]:
    """The entries of a Bundle that an entry holds."""
    resource = part.get("resource")
    if not isinstance(resource, dict) or resource.get("resourceType") != "Bundle":
        return []
    inner = resource.get("entry")
    return inner if isinstance(inner, list) else []


def _entry(number: int, part: dict[str, Any], request: Request, aside: Aside) -> Entry:
    place, name = f"Bundle.entry[{number}]", f"#entry[{number + 1}]"
    asked = part.get("request")
    method = asked.get("method") if isinstance(asked, dict) else None
    if method is not None and (not isinstance(method, str) or method not in _STATED):
        error = Unreadable(
            "unsupported-method", "an entry asks for neither POST nor PUT", f"{place}.request.method"
        )
        return Entry(number, (request.refuse(error, name, place, b""),))
    url = asked.get("url") if isinstance(asked, dict) else None
    if _elsewhere(part.get("resource"), method, url):
        error = Unreadable(
            "wrong-url", "the entry asks for another type or id than its resource has", f"{place}.request.url"
        )
        return Entry(number, (request.refuse(error, name, place, b""),))
    if _is_bundle(part.get("resource")):
        statements = tuple(_inner(part["resource"], f"{place}.resource", name, request))
    else:
        statements = (_statement(number, part, place, name, request, aside),)
    return Entry(number, statements, "PUT" if method == "PUT" else "POST")


def _elsewhere(resource: Any, method: str | None, url: Any) -> bool:
    """Whether an entry's URL names something else than its resource is. A conditional one names no id."""
    if not isinstance(resource, dict) or resource.get("resourceType") == "Bundle":
        return False
    path, condition, _ = url.partition("?") if isinstance(url, str) else ("", "", "")
    named = local(path).split("/")
    if method == "PUT" and path and not condition:
        return named != [resource.get("resourceType"), resource.get("id")]
    return named[-1] in TYPES and named[-1] != resource.get("resourceType")


def _is_bundle(resource: Any) -> bool:
    return isinstance(resource, dict) and resource.get("resourceType") == "Bundle"


def _inner(bundle: dict[str, Any], place: str, name: str, request: Request) -> Iterator[Statement]:
    """What a Bundle within a Bundle holds (the answer to a search in a batch), one level and no deeper."""
    try:
        parts = _parts(bundle, place)
    except Unreadable as error:
        yield request.refuse(error, name, place, b"")
        return
    aside = set_aside(parts, bundle.get("type"))
    for number, part in enumerate(parts):
        where, called = f"{place}.entry[{number}]", f"{name}[{number + 1}]"
        if _is_bundle(part.get("resource")):
            deep = Unreadable("wrong-schema", "a Bundle within a Bundle within a Bundle", f"{where}.resource")
            yield request.refuse(deep, called, where, b"")
        else:
            yield _statement(number, part, where, called, request, aside)


def _statement(
    number: int, part: dict[str, Any], place: str, name: str, request: Request, aside: Aside
) -> Statement:
    """The resource of one entry, which is no Bundle."""
    resource = part.get("resource")
    if resource is None:
        return Statement((Skipped(_EMPTY, request.origin(name)),), None, place)
    if number in aside and aside[number] is None:
        return Statement((Skipped(OLDER, request.origin(name)),), resource, place)
    return request.read(resource, f"{place}.resource", name, fault=aside.get(number))
