"""An instant as the clocks of staff show it, with the zone, so that nobody has to guess or convert."""

from datetime import datetime
from zoneinfo import ZoneInfo


def on_the_clock(at: datetime, zone: ZoneInfo) -> str:
    """ "2026-03-02 21:00 CET"; where a zone has no letters of its own, "2026-03-02 21:00 UTC+03:00"."""
    local = at.astimezone(zone)
    said, name = local.isoformat(" ", "minutes"), local.tzname() or ""
    return f"{said[:16]} {name if name.isalpha() else f'UTC{said[16:]}'}"


def on_the_calendar(at: datetime, zone: ZoneInfo) -> str:
    """The day of an instant there: "2026-03-02"."""
    return f"{at.astimezone(zone):%Y-%m-%d}"
