"""What a resource says by means that nobody here understands, and that change what all else in it means; and
that it is a part of itself alone.

FHIR R4 (extensibility.html#modifierExtension, resource.html#implicitRules): who does not understand a
modifier extension or the implicit rules of a resource must not process it as if they were not there.
"""

from typing import Any

from services.intake.fhir.codes import listed
from services.intake.reading import Unreadable

_MODIFIER, _RULES = "modifierExtension", "implicitRules"
_OF_THEMSELVES = frozenset({"contained", "text"})
"""A contained resource is looked at where it is referred to; a narrative modifies nothing."""


_PART = "SUBSETTED"
"""The tag of what a search gave in part (FHIR R4, search.html#summary): what is missing is not absent."""


def may_modify(content: bytes) -> bool:
    """Whether the JSON of a resource may have modifiers, or be a part: the quick look before the long one."""
    return b"modifierE" in content or b"implicitR" in content or b"SUBS" in content or b"\\" in content


def is_part(resource: dict[str, Any]) -> bool:
    """Whether it says that elements of the resource are left out."""
    return any(tag.get("code") == _PART for tag in listed(resource.get("meta"), "tag"))


def refuse_part(resource: dict[str, Any]) -> None:
    """Raises `Unreadable` where elements are left out: an order would lose its dosages."""
    if is_part(resource):
        raise Unreadable("incomplete", "it is tagged as a part of the resource alone (SUBSETTED)", "meta.tag")


def refuse_modifiers(resource: dict[str, Any]) -> None:
    """Raises `Unreadable` where the resource or any element in it has a modifier."""
    if resource.get(_RULES):
        raise Unreadable("unknown-modifier", "it follows implicit rules that are not known here", _RULES)
    waiting: list[tuple[str, Any]] = [
        (name, value) for name, value in resource.items() if name not in _OF_THEMSELVES
    ]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, dict):
            waiting += [(f"{path}.{name}", value) for name, value in item.items()]
        elif isinstance(item, list):
            if item and path.rpartition(".")[2] == _MODIFIER:
                raise Unreadable("unknown-modifier", "a modifier extension changes what it means", path)
            waiting += [(f"{path}[{number}]", value) for number, value in enumerate(item)]
