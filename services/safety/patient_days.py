"""Patient-days, the measure against which pages are counted."""

from collections.abc import Iterable
from datetime import timedelta

from schemas.clinical import Encounter, FactStatus, PatientFact

_DAY = timedelta(days=1)


def patient_days(events: Iterable[PatientFact]) -> float:
    """Days between admission and discharge, by the last word on each inpatient stay.

    A stay without a known end counts for nothing, so that 0 means: not known.
    """
    stays: dict[tuple[str, str], Encounter] = {}
    for event in events:
        if isinstance(event, Encounter):
            stays[event.patient, event.entity] = event
    return sum(
        (stay.ends_at - stay.effective_at) / _DAY
        for stay in stays.values()
        if stay.inpatient and stay.ends_at is not None and stay.status is not FactStatus.ENTERED_IN_ERROR
    )
