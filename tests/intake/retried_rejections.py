"""A live and a told door of nine o'clock, rejections of theirs, and the same read again at two."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schemas.clinical import Administration
from services.intake.door import Door
from services.intake.reading import Accepted
from services.intake.rejected.retrying import Retried, Terms, retried
from services.intake.rejected.topic import Entry
from services.intake.trust.sources import Sources
from tests.intake.rejecting_door import FHIR, entry_of
from tests.intake.test_publisher import SITE
from tests.intake.writing import administration

THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = THEN + timedelta(hours=5)
LIVE = Door("ehr", clock=lambda: THEN)
TOLD = Door("ehr")


def again(entry: Entry, zone: ZoneInfo | None = None, sources: Sources | None = None) -> Retried:
    return retried(entry, Terms(SITE, lambda: NOW, zone, sources))


def fact(found: Retried) -> Administration:
    (reading,) = found.readings
    assert isinstance(reading, Accepted)
    assert isinstance(reading.event, Administration)
    return reading.event


def beside(**changed: Any) -> Entry:
    """A dose that reads well, rejected for a reason that does not lie in it."""
    entry = entry_of(FHIR, administration(status="on-fire"), LIVE, THEN)
    good = entry_of(FHIR, administration(effectiveDateTime="2026-03-02T12:00:00Z"), LIVE, THEN).rejected
    rejected = good.model_copy(update={"at": THEN + timedelta(hours=9), **changed})
    return replace(entry, rejected=rejected)
