"""JSON read strictly: exact decimals, no doubled keys, no NaN, no nesting without end.

Of two equal keys other readers keep the last in silence; a dose stated twice is a dose not understood.
"""

import json
import re
from decimal import Decimal
from typing import Any

from services.intake.reading import Unreadable

_BOM = b"\xef\xbb\xbf"
_SURROGATE = re.compile(rb"\\u[dD]")


def parse(text: bytes) -> Any:
    """The value of a JSON text. Raises `Unreadable`: not-json, duplicate-key, nested-too-deep."""
    try:
        value = json.loads(
            text.removeprefix(_BOM).decode(),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_distinct,
        )
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False, default=str).encode()
        return value
    except UnicodeError as error:
        raise Unreadable("not-json", "the text is not UTF-8, or half a character is escaped in it") from error
    except json.JSONDecodeError as error:
        raise Unreadable("not-json", f"no JSON: {error.msg} at line {error.lineno}") from error
    except RecursionError as error:
        raise Unreadable("nested-too-deep", "objects or lists are nested too deep") from error
    except ValueError as error:
        raise Unreadable("not-json", "no JSON: a number is too long") from error


def _no_constant(name: str) -> Any:
    raise Unreadable("not-json", f"{name} is no number")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("duplicate-key", "an object has the same key twice")
    return found
