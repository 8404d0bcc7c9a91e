"""A rejection that its reader would accept today."""

import pytest

from services.intake.fhir import administrations as fhir_doses
from services.intake.rejected.topic import Entry
from tests.intake.rejecting_door import FHIR, entry_of
from tests.intake.retried_rejections import LIVE, THEN
from tests.intake.writing import administration


@pytest.fixture
def unknown_dose(monkeypatch: pytest.MonkeyPatch) -> Entry:
    """Rejected by a reader that does not know the status `completed`; the reader is mended since."""
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        return entry_of(FHIR, administration(), LIVE, THEN)
