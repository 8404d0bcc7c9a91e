"""Schemathesis writes NDJSON bodies as the text that it invents."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/fhir+ndjson", "application/x-ndjson", "application/ndjson")
def as_lines(_context: Any, value: Any) -> bytes:
    """The bytes to send."""
    return value if isinstance(value, bytes) else str(value).encode()
