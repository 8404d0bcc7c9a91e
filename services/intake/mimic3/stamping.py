"""What every fact of these tables has. No table carries an offset: the facility's zone is assumed for all."""

from datetime import datetime
from typing import Any

from schemas.clinical import FactStatus
from services.intake.door import Door
from services.intake.mimic3.tables import FORMAT, Row
from services.intake.reading import Unreadable


def stamps(
    row: Row, door: Door, entity: str, effective_at: datetime, recorded_at: datetime,
    *, received_at: datetime | None = None, version: int = 0, voided: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The fields of `Fact`; received when recorded, unless told otherwise or stamped by the door's clock."""
    patient = row["SUBJECT_ID"]
    if not patient:
        raise Unreadable("missing-patient", "SUBJECT_ID is empty")
    return {
        "event_id": f"{entity}/{version}",
        "patient": patient,
        "entity": entity,
        "version": version,
        "status": FactStatus.ENTERED_IN_ERROR if voided else FactStatus.STATED,
        "effective_at": effective_at,
        "recorded_at": recorded_at,
        "received_at": door.received_at(received_at or recorded_at),
        "mode": door.mode,
        "time_domain": door.time_domain,
        "source": door.source or FORMAT,
        "assumed_tz": True,
    }
