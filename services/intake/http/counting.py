"""How many requests were answered how, in Prometheus' text format (0.0.4); nothing of a request is in it.

It is where requests show that are refused before they are read: they are in no topic.
"""

from collections import Counter

PLACE = "/metrics"
MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_NAME = "dosewarden_intake_http_requests_total"


class Requests:
    """Counts since the start of the process, by route (never the URL), method and status."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, int]] = Counter()

    def count(self, route: str, method: str, status: int) -> None:
        """One request; 0 is the status of one that its client gave up."""
        self._counts[route, method if method in _METHODS else "other", status] += 1

    def as_text(self) -> str:
        """The counts as a scraper reads them."""
        lines = [f"# HELP {_NAME} Requests to the FHIR door, by answer.", f"# TYPE {_NAME} counter"]
        for (route, method, status), count in sorted(self._counts.items()):
            lines.append(f'{_NAME}{{route="{route}",method="{method}",status="{status}"}} {count}')
        return "\n".join((*lines, ""))
