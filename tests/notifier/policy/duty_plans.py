"""Rotas for tests, in the words of the files."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from services.notifier.policy.rota import Cover, Pattern, Rota
from services.notifier.policy.shifts import Duty, Shift

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))


def utc(text: str) -> datetime:
    """An instant from "2026-03-29 01:00", in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """The instant at which the ward's clock shows "2026-03-29 06:00" (its first passing)."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def shift(begins: str, ends: str, *together: str, days: frozenset[int] = EVERY_DAY) -> Shift:
    return Shift(
        days=days, begins=time.fromisoformat(begins), ends=time.fromisoformat(ends), together=together
    )


def turns(begins: str, ends: str, *persons: str, starting: str, turn: str = "week", every: int = 1) -> Shift:
    return Shift.model_validate(
        {
            "days": EVERY_DAY,
            "begins": time.fromisoformat(begins),
            "ends": time.fromisoformat(ends),
            "in_turn": persons,
            "turn": turn,
            "every": every,
            "starting": date.fromisoformat(starting),
        }
    )


def rota(*shifts: Shift, covers: tuple[Cover, ...] = (), zone: ZoneInfo = BERLIN) -> Rota:
    return Rota("ward-3-nurses", (Pattern(shifts, zone),), covers)


def three_shifts(zone: ZoneInfo = BERLIN) -> Rota:
    """Early, late and night, as a ward has them."""
    return rota(
        shift("06:00", "14:00", "n-early"),
        shift("14:00", "22:00", "n-late"),
        shift("22:00", "06:00", "n-night"),
        zone=zone,
    )


def cover(begins: str, ends: str, *persons: str, instead_of: str = "") -> Cover:
    return Cover(Duty(shown(begins), shown(ends), persons), instead_of)
