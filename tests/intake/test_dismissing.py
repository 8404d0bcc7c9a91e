"""A dismissal ends the mark of a rejection, and nothing that comes after it."""

from datetime import timedelta

from schemas.clinical import UnreadableFact
from services.intake.rejected.closing import dismissal
from services.intake.rejected.topic import Entry
from services.safety.ledger.precedence import supersedes
from tests.intake.rejecting_door import FHIR, entry_of
from tests.intake.retried_rejections import NOW, THEN, TOLD
from tests.intake.writing import administration


def test_a_dismissal_is_newer_than_every_repetition_of_its_mark_and_no_sign_of_life(
    unknown_dose: Entry,
) -> None:
    mark = unknown_dose.rejected.mark
    assert mark is not None
    ended = dismissal(mark, NOW)
    assert isinstance(ended, UnreadableFact)
    assert ended.dismissed and ended.entity == mark.entity
    assert (ended.recorded_at, ended.received_at) == (NOW, mark.received_at)
    before, after = (
        mark.model_copy(update={"recorded_at": NOW + timedelta(hours=hours), "received_at": NOW})
        for hours in (-1, 1)
    )
    assert supersedes(ended, mark) and supersedes(ended, before)
    assert supersedes(after, ended), "what comes again unreadable afterwards is marked again"


def test_in_told_time_a_dismissal_comes_right_behind_its_mark() -> None:
    entry = entry_of(FHIR, administration(status="on-fire"), TOLD, THEN)
    assert entry.rejected.mark is not None
    ended = dismissal(entry.rejected.mark, NOW)
    assert ended.recorded_at == entry.rejected.mark.recorded_at
    assert ended.version == entry.rejected.mark.version + 1
    assert supersedes(ended, entry.rejected.mark)
