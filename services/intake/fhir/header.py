"""What every FHIR statement has: entity, version, and the three times."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.clinical import FactStatus
from services.intake.door import Door
from services.intake.fhir.elements import Moment, ending, moment
from services.intake.fhir.naming import digest, entity, unique
from services.intake.fhir.references import Known, entity_of
from services.intake.reading import Unreadable

_HIGHEST_VERSION = 2**53
_WHEN = {
    "Encounter": "period", "Observation": "effective", "MedicationRequest": "authoredOn",
    "NutritionOrder": "dateTime",
}  # fmt: skip
_OF_VISIT = frozenset({"AllergyIntolerance", "Condition", "NutritionOrder"})
_NUMBERED = frozenset({"MedicationRequest", "MedicationAdministration", "MedicationStatement", "Observation"})
_UNIQUE = _NUMBERED | {"Encounter"}
UNTIMED = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands in for the time of a standing fact until the first dated fact of its patient is known."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a mapping may look at beside its resource."""

    door: Door
    known: Known
    source: str


def version(resource: dict[str, Any]) -> int:
    """`meta.versionId` where it is a number, else 0 (then the store time alone orders the versions)."""
    meta = resource.get("meta")
    stated = meta.get("versionId") if isinstance(meta, dict) else None
    number = int(stated) if isinstance(stated, str) and stated.isascii() and stated.isdigit() else 0
    return number if number <= _HIGHEST_VERSION else 0


def stored_at(resource: dict[str, Any], door: Door) -> datetime | None:
    """`meta.lastUpdated`: when the source stored this version."""
    meta = resource.get("meta")
    found = moment(meta.get("lastUpdated"), door, "meta.lastUpdated") if isinstance(meta, dict) else None
    return found.at if found is not None else None


def first_moment(resource: dict[str, Any], door: Door, *names: str) -> Moment | None:
    """The first of several dateTime elements that is there; `a.b` looks within `a`, `a.end` may be never."""
    for name in names:
        outer, _, inner = name.partition(".")
        value = resource.get(outer)
        if inner:
            value = value.get(inner) if isinstance(value, dict) else None
        found = ending(value, door, name) if inner == "end" else moment(value, door, name)
        if found is not None:
            return found
    return None


def stamps(
    resource: dict[str, Any], context: Context, patient: str, happened: Moment | None, charted: Moment | None,
    *, voided: bool = False, standing: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The fields of `Fact`. Raises `Unreadable` where nothing dates the statement, unless it is a standing
    one.

    Recorded: the store time. Who sends none keeps no versions, and each statement replaces the one brought
    before: at its receipt, in history and simulated time when it was charted, else when it happened.
    Received: the door's clock, else the store time, else when it happened. An undated standing fact gets
    `UNTIMED`, or the clock's present.
    """
    kind = str(resource.get("resourceType"))
    stored = stored_at(resource, context.door)
    known = [item.at for item in (happened, charted) if item is not None] + ([stored] if stored else [])
    if not known and standing:
        known = [UNTIMED if context.door.clock is None else context.door.clock()]
    if not known:
        raise Unreadable("missing-time", "nothing says when it happened or was recorded", _WHEN.get(kind))
    effective = happened.at if happened is not None else known[0]
    received = context.door.received_at(stored or effective)
    told = received if context.door.is_told_now else charted.at if charted is not None else effective
    name = entity(resource)
    number = version(resource)
    return {
        "event_id": f"{name}/{number}/{digest(resource)}"[-512:],
        "patient": patient,
        "entity": name,
        "version": number,
        "status": FactStatus.ENTERED_IN_ERROR if voided else FactStatus.STATED,
        "effective_at": effective,
        "recorded_at": stored or told,
        "received_at": received,
        "mode": context.door.mode,
        "time_domain": context.door.time_domain,
        "source": context.source,
        "assumed_tz": any(item is not None and item.assumed_tz for item in (happened, charted)),
        **({"unique_in_source": unique(resource)} if kind in _UNIQUE else {}),
        **({"visit": _visit(resource, context.known)} if kind in _NUMBERED or kind in _OF_VISIT else {}),
    }


def _visit(resource: dict[str, Any], known: Known) -> str | None:
    """The Encounter in which it was charted; R4 names it `context` where it may be an episode as well."""
    return entity_of(resource.get("encounter") or resource.get("context"), "Encounter", known)
