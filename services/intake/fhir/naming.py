"""What a resource is called: the names of entities."""

import hashlib
import json
from typing import Any


def entity(resource: dict[str, Any]) -> str:
    """`Type/id`; without an id the first identifier, without that a digest of the content."""
    kind, own = resource.get("resourceType"), resource.get("id")
    if isinstance(own, str) and own:
        return f"{kind}/{own}"[:512]
    identifiers = resource.get("identifier")
    for item in identifiers if isinstance(identifiers, list) else ():
        if isinstance(item, dict) and isinstance(item.get("value"), str):
            return f"{kind}?{item.get('system') or ''}|{item['value']}"[:512]
    return f"{kind}#{digest(resource)}"


def unique(resource: dict[str, Any]) -> bool:
    """Whether a server gives the name of a resource but once: by its id, or a number within a system."""
    own, identifiers = resource.get("id"), resource.get("identifier")
    if isinstance(own, str) and own:
        return True
    for item in identifiers if isinstance(identifiers, list) else ():
        if isinstance(item, dict) and isinstance(item.get("value"), str):
            return bool(item.get("system"))
    return False


def digest(resource: dict[str, Any]) -> str:
    """16 hexadecimal digits of the content."""
    return hashlib.sha256(json.dumps(resource, sort_keys=True, default=str).encode()).hexdigest()[:16]
