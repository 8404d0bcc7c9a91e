"""Where the metrics endpoint listens, as a setting says it."""

from services.notifier.environment import BadSettings

_LOOPBACK = "127.0.0.1"
_HIGHEST_PORT = 65_535


def place_of(text: str) -> tuple[str, int] | None:
    """Host and port of "9464" or "10.0.0.5:9464"; None for "", which is off. Raises `BadSettings`."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) <= _HIGHEST_PORT:
        raise BadSettings("DOSEWARDEN_METRICS must be PORT or HOST:PORT, such as 127.0.0.1:9464")
    return host.strip("[]") or _LOOPBACK, int(port)
