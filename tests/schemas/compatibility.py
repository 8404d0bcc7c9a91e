"""Events of former versions of the contract, and whether a reader takes them for the same facts.

`compat/<version>/<name>.json` holds `topic`, the event as a source `stated` it, and the facts that the reader
of that version `read`, every field of them. What was committed once is never changed: a new version adds a
directory.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

DIRECTORY = Path(__file__).parent / "compat"


@dataclass(frozen=True)
class Example:
    """One event of one version."""

    version: str
    name: str
    topic: str
    stated: dict[str, Any]
    read: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.stated["kind"])

    @property
    def text(self) -> bytes:
        """The event as it stands in a record."""
        return json.dumps(self.stated).encode()

    def __str__(self) -> str:
        return f"{self.version}/{self.name}"


def _examples() -> Iterator[Example]:
    for path in sorted(DIRECTORY.glob("*/*.json")):
        yield Example(path.parent.name, path.stem, **json.loads(path.read_text()))


EXAMPLES = tuple(_examples())


def changes(example: Example, reader: TypeAdapter[Any]) -> list[str]:
    """What a reader makes of an example otherwise than the reader of its time: empty for the same facts.

    A field that did not exist then may have any value now; its default must mean what its absence meant.
    """
    try:
        event = reader.validate_json(example.text)
    except ValidationError as error:
        return [f"refused: {detail['type']} at {detail['loc']}" for detail in error.errors()]
    return list(_changed(example.read, reader.dump_python(event, mode="json"), ""))


def _changed(then: Any, now: Any, place: str) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for name, value in then.items():
            if name not in now:
                yield f"{place}{name} is gone"
            else:
                yield from _changed(value, now[name], f"{place}{name}.")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _changed(one, other, f"{place}{number}.")
    elif then != now:
        yield f"{place.rstrip('.')} was {then!r} and is {now!r}"
