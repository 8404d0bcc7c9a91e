"""Several versions of one resource in files of history, each on a line or in a file of its own.

Together they are as one Bundle. What comes live is brought in order, and there nothing is set aside.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from services.intake.fhir.documents import Document
from services.intake.fhir.naming import entity
from services.intake.fhir.versions import Aside, content, set_aside

_LOOKED_AT = ("resourceType", "id", "identifier", "meta", "issued")
"""Elements by which versions are told apart; of all that it says a digest is enough."""


class Stated:
    """Which resources were stated more than once, and not alike. Keeps two numbers for each."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self.repeated: set[int] = set()

    def note(self, document: Document) -> None:
        """Take one more document."""
        if (name := _name(document)) is None:
            return
        written = hash(document.original)
        if self._seen.setdefault(name, written) != written:
            self.repeated.add(name)


def older_versions(documents: Iterable[Document], repeated: set[int]) -> Aside:
    """Which documents of an input are not read, by their number from 0, as `set_aside` says of a Bundle."""
    found = [(number, document) for number, document in enumerate(documents) if _name(document) in repeated]
    aside = set_aside([{"resource": _outline(document.resource)} for _, document in found], None)
    return {found[place][0]: fault for place, fault in aside.items()}


def _name(document: Document) -> int | None:
    """What stands by itself and has a name of its own."""
    resource = document.resource
    if not document.original or not isinstance(resource, dict):
        return None
    return hash(entity(resource)) if resource.get("id") or resource.get("identifier") else None


def _outline(resource: dict[str, Any]) -> dict[str, Any]:
    said = {name: resource[name] for name in _LOOKED_AT if name in resource}
    return said | {"all": hashlib.sha256(content(resource).encode()).hexdigest()}
