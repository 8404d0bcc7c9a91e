"""What every statement of a message has: entity, version, and the three times."""

from dataclasses import dataclass
from typing import Any

from schemas.clinical import FactStatus
from services.intake.door import Door
from services.intake.fhir.elements import Moment
from services.intake.fhir.header import UNTIMED
from services.intake.reading import Unreadable

LONGEST_NAME = 440
"""Characters of an entity: an event's id adds the digest of its message."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a mapping may look at beside its segments. `sent` is MSH-7; `digest` is of the whole message, so
    that another body under the same control id is another event. `visit`: the entity of the visit in which
    everything in the message was charted.
    """

    door: Door
    source: str
    patient: str
    sent: Moment | None
    digest: str
    visit: str | None = None


def stamps(
    context: Context, entity: str, happened: Moment | None, charted: Moment | None = None,
    *, version: int = 0, voided: bool = False, standing: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The fields of `Fact`. Raises `Unreadable` where nothing dates the statement, unless it is a standing
    one.

    Recorded: when the message was sent, else when it was charted, else when it happened. Received: the
    door's clock, else the same. `version` orders statements of one second. An undated standing fact gets
    `UNTIMED`, or the clock's present.
    """
    dated = [item for item in (happened, charted, context.sent) if item is not None]
    known = [item.at for item in dated]
    if not known and standing:
        known = [UNTIMED if context.door.clock is None else context.door.clock()]
    if not known:
        raise Unreadable("missing-time", "nothing says when it happened, and MSH-7 is empty")
    effective = happened.at if happened is not None else known[0]
    recorded = next((item.at for item in (context.sent, charted) if item is not None), effective)
    return {
        "event_id": f"{entity[:LONGEST_NAME]}/{context.digest}",
        "patient": context.patient,
        "entity": entity[:LONGEST_NAME],
        "version": version,
        "status": FactStatus.ENTERED_IN_ERROR if voided else FactStatus.STATED,
        "effective_at": effective,
        "recorded_at": recorded,
        "received_at": context.door.received_at(recorded),
        "mode": context.door.mode,
        "time_domain": context.door.time_domain,
        "source": context.source,
        "assumed_tz": any(item.assumed_tz for item in dated[:1]),
    }
