"""Which facility a resource says that it is of: its organisation, else the system that it comes from."""

from collections.abc import Iterator
from typing import Any

from services.intake.fhir.references import local

_ORGANISATION = {"Encounter": "serviceProvider", "Patient": "managingOrganization"}


def facilities_of(resource: dict[str, Any]) -> frozenset[str]:
    """All names of that facility: `Organization/<id>`, an identifier as `system|value`, or `meta.source`
    without its fragment; none where the resource says nothing.
    """
    organisation = resource.get(_ORGANISATION.get(str(resource.get("resourceType")), ""))
    if isinstance(organisation, dict):
        return frozenset(_names(organisation))
    meta = resource.get("meta")
    source = meta.get("source") if isinstance(meta, dict) else None
    return frozenset({source.partition("#")[0]}) if isinstance(source, str) and source else frozenset()


def _names(reference: dict[str, Any]) -> Iterator[str]:
    literal = reference.get("reference")
    if isinstance(literal, str) and literal:
        yield local(literal)
    identifier = reference.get("identifier")
    if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
        yield f"{identifier.get('system') or ''}|{identifier['value']}"
