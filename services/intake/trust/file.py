"""Reads the sources file: everything that is wrong with it by file, line and cure, or the sources."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from pydantic import ValidationError

from services.intake.trust.proofs import Network, TokenProof
from services.intake.trust.sources import Sources
from services.safety.knowledge.documents import Document, read
from services.safety.knowledge.documents import Path as Place
from services.safety.knowledge.problems import Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_CURES = {
    "facilities": "list the facilities it may speak for, or write any",
    "kinds": "list the kinds of events it may state, or write any",
    "patient_authorities": "list who gives its patients their numbers, or write any",
    "maximum_silence": "say after how long without a word it is missed, for example 15 min",
}


class BadSources(ValueError):
    """The file cannot be used. `problems` holds everything that is wrong, in its order."""

    def __init__(self, problems: Iterator[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def sources_in(path: Path) -> Sources:
    """The sources that `path` declares. Raises `BadSources`."""
    shown = str(path)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        why = error.strerror or "no such file"
        raise BadSources(iter([Problem(shown, 1, f"it cannot be read: {why}", "name a file")])) from error
    except UnicodeDecodeError as error:
        raise BadSources(iter([Problem(shown, 1, "it is not UTF-8", "save it as UTF-8")])) from error
    document = read(path.name, shown, text)
    if document.problems:
        raise BadSources(iter(document.problems))
    try:
        sources = Sources.model_validate_json(orjson.dumps(document.data))
    except ValidationError as error:
        raise BadSources(_told(document, error)) from error
    problems = list(_contradictions(sources, document, path.parent))
    if problems:
        raise BadSources(iter(problems))
    return _at_home(sources, path.parent)


def _at_home(sources: Sources, directory: Path) -> Sources:
    """Files of keys are found from where the sources file lies."""
    issuers = tuple(
        issuer
        if _is_address(issuer.jwks)
        else issuer.model_copy(update={"jwks": str(directory / issuer.jwks)})
        for issuer in sources.issuers
    )
    return sources.model_copy(update={"issuers": issuers})


def _is_address(place: str) -> bool:
    return place.startswith(("https://", "http://"))


def _told(document: Document, error: ValidationError) -> Iterator[Problem]:
    found = error.errors(include_url=False)
    for details in found:
        place = details["loc"]
        if details["type"] == "too_short" and len(found) > 1:
            continue  # what stands in the list is wrong, which is told already
        what, cure = _words(details, place)
        yield Problem(document.shown, document.line(place), what, cure)


def _words(details: "ErrorDetails", place: Place) -> tuple[str, str]:
    name = str(place[-1]) if place else "file"
    field = next((part for part in reversed(place) if isinstance(part, str)), name)
    where = ".".join(map(str, place)) or "the file"
    what, cure = f"{where}: {details['msg'].removeprefix('Value error, ')}", f"correct {field}"
    if details["type"] == "missing":
        return f"{where} is missing", _CURES.get(field, "add it")
    if details["type"] == "extra_forbidden":
        return f"unknown field {name!r}", "correct its name or remove it"
    if details["type"] == "value_error" and "; " in what:
        what, _, cure = what.partition("; ")
        return what, cure
    return what, _CURES.get(field, cure)


def _contradictions(sources: Sources, document: Document, directory: Path) -> Iterator[Problem]:
    def problem(what: str, cure: str, *place: str | int) -> Problem:
        return Problem(document.shown, document.line(place), what, cure)

    listed = list(enumerate(sources.sources))
    for number, issuer in enumerate(sources.issuers):
        if issuer.issuer in {other.issuer for other in sources.issuers[:number]}:
            yield problem("the issuer is declared twice", "keep one of them", "issuers", number, "issuer")
        if not _is_address(issuer.jwks) and not (directory / issuer.jwks).is_file():
            yield problem("there is no such file of keys", "name a JWKS file", "issuers", number, "jwks")
    for number, source in listed:
        token = source.token
        if token is None:
            continue
        if token.issuer is None and len(sources.issuers) != 1:
            cure = "name the issuer" if sources.issuers else "declare it under issuers"
            yield problem("nothing says whose tokens prove it", cure, "sources", number, "token")
        elif token.issuer is not None and token.issuer not in {item.issuer for item in sources.issuers}:
            cure = "declare it under issuers"
            yield problem("the issuer is not declared", cure, "sources", number, "token", "issuer")
    for (_, one), (number, other) in combinations(listed, 2):
        if one.name == other.name:
            yield problem(f"two sources are called {one.name!r}", "rename one", "sources", number, "name")
        if one.certificate is not None and one.certificate == other.certificate:
            what = f"the certificate is that of {one.name!r}, too"
            yield problem(what, "give each its own", "sources", number, "certificate")
        if one.token is not None and other.token is not None and _same(sources, one.token, other.token):
            what = f"the client is that of {one.name!r}, too"
            yield problem(what, "give each its own", "sources", number, "token")
        if one.network is not None and other.network is not None and _meet(one.network, other.network):
            what = f"the addresses overlap with those of {one.name!r}"
            yield problem(what, "give each its own", "sources", number, "address")


def _same(sources: Sources, one: TokenProof, other: TokenProof) -> bool:
    return one.client_id == other.client_id and sources.issuer_of(one) == sources.issuer_of(other)


def _meet(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
