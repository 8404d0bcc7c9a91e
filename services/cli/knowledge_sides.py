"""The two knowledge versions that `knowledge diff` and `backtest` hold against each other."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import DEFAULT_ZONE, load, load_either, stands_alone
from services.safety.knowledge.problems import KnowledgeError

SHIPPED_WORD = "shipped"


class Unusable(click.ClickException):
    """A side that does not load is wrong usage, so that it is not mistaken for a difference."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Side:
    """One version, and where it came from in words."""

    base: KnowledgeBase
    origin: str


def side(named: str, jurisdiction: str, zone: str = DEFAULT_ZONE) -> Side:
    """The base that the word `shipped`, a site's directory or a whole base's directory makes today."""
    today = datetime.now(UTC).date()
    try:
        if named == SHIPPED_WORD:
            return Side(load(jurisdiction=jurisdiction, on=today, zone=zone), "the shipped base")
        directory = Path(named)
        if not directory.is_dir():
            raise Unusable(f"{named}: there is no such directory; name one, or write {SHIPPED_WORD}")
        if not any(directory.rglob("*.y*ml")):
            raise Unusable(f"{named}: no knowledge file stands there; it would differ from nothing")
        base = load_either(directory, jurisdiction=jurisdiction, on=today, zone=zone)
    except KnowledgeError as error:
        raise Unusable(f"{named}: {error}") from error
    if stands_alone(directory):
        return Side(base, f"{named}, a whole base")
    return Side(base, f"{named}, laid over the shipped base")
