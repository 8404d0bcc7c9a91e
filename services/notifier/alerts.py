"""An alert as people and channels see it, read from the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from schemas.alerts import AlertState
from schemas.base import Severity, TimeDomain
from services.notifier.policy.plan import Plan, Target
from services.notifier.store.lifecycle import LIVE

_TO = "to:"
_SEEN = "seen:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(milliseconds: str | int) -> datetime:
    """An aware moment from milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=int(milliseconds))


@dataclass(frozen=True, slots=True)
class Override:
    """Why an alert that holds is not acted on, until when, and how much it has kept quiet since."""

    by: str
    second: str
    reason: str
    scope: str
    until: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Alert:
    """The whole of one episode of one alert. `facts` holds what only a detailed view shows.

    `level`: how many tellings of its `plan` were made. `acks`: who of those `asked` has acknowledged, where
    everybody must. `offered`: to whom it is being handed over. `content`
    tells what is said of this revision from what may be said of it later; `seen` holds by person which
    content they were told or looked at last.
    """

    id: str
    episode: int
    revision: int
    state: AlertState
    tier: int
    severity: Severity
    check: str
    ward: str
    patient: str
    text: str
    raised_at: datetime | None
    at: datetime | None
    quiet: str
    told: tuple[Target, ...]
    level: int
    plan: Plan | None
    acked_by: str
    acked_at: datetime | None
    ack_note: str
    acks: tuple[str, ...]
    asked: tuple[str, ...]
    offered: str
    override: Override | None
    because: str
    cause: str
    domain: TimeDomain
    partition: str
    content: str
    seen: Mapping[str, str]
    facts: Mapping[str, Any]

    @property
    def live(self) -> bool:
        """Whether the issue still holds."""
        return self.state in LIVE

    @property
    def holder(self) -> str:
        """Whoever answers for it now; empty where nobody does."""
        return self.acked_by or (self.override.by if self.override else "")

    @property
    def unanswered_by(self) -> tuple[str, ...]:
        """Who must acknowledge as well, once somebody has of several who each must."""
        return tuple(person for person in self.asked if person not in self.acks) if self.acks else ()

    @property
    def facts_known(self) -> bool:
        """False while only the history of the alert was read back and not yet its issue."""
        return self.raised_at is not None


def _json(value: str | None) -> Any:
    return orjson.loads(value) if value else None


def _override_of(fields: Mapping[str, str]) -> Override | None:
    if not fields.get("ovr_by"):
        return None
    return Override(
        by=fields["ovr_by"],
        second=fields["ovr_second"],
        reason=fields["ovr_reason"],
        scope=fields["ovr_scope"],
        until=instant(fields["ovr_until"]),
        count=int(fields["ovr_count"]),
    )


def _asked(fields: Mapping[str, str]) -> tuple[str, ...]:
    """The persons for whom there is an order since the newest page, as the store keeps them."""
    first = int(fields.get("first_rev") or 0), int(fields.get("first_step") or 0)
    persons = []
    for name, page in fields.items():
        revision, _, step = page.partition(":")
        if name.startswith(_TO) and (int(revision), int(step)) >= first:
            persons.append(Target.of(name.removeprefix(_TO)).person)
    return tuple(dict.fromkeys(persons))


def alert_of(alert: str, episode: int, fields: Mapping[str, str]) -> Alert:
    """The alert in the fields of its hash."""
    raised = fields.get("raised_at")
    acked = fields.get("acked_by", "")
    facts = {name: _json(fields.get(name)) for name in ("subjects", "implicated", "evidence", "sources")}
    plain = (
        "reason",
        "held",
        "covered_by",
        "moved_to",
        "monitored_by",
        "mode",
        "knowledge_version",
        "high_alert",
        "retrospective",
        "transition_id",
    )
    facts |= {name: fields.get(name, "") for name in plain}
    return Alert(
        id=alert,
        episode=episode,
        revision=int(fields["rev"]),
        state=AlertState(fields["st"]),
        tier=int(fields["tier"]),
        severity=Severity(fields["sev"]),
        check=fields.get("check", ""),
        ward=fields.get("ward", ""),
        patient=fields["patient"],
        text=fields.get("text", ""),
        raised_at=instant(raised) if raised else None,
        at=instant(fields["at"]) if "at" in fields else None,
        quiet=fields["quiet"],
        told=tuple(Target.of(name) for name in fields["told"].split(",") if name),
        level=int(fields.get("level") or 0),
        plan=Plan.from_json(fields["plan"]) if fields.get("plan") else None,
        acked_by=acked,
        acked_at=instant(fields["acked_at"]) if acked else None,
        ack_note=fields.get("ack_note", "") if acked else "",
        acks=tuple(name for name in fields.get("acks", "").split(",") if name),
        asked=_asked(fields),
        offered=fields.get("offered", ""),
        override=_override_of(fields),
        because=fields.get("because", ""),
        cause=fields.get("cause", ""),
        domain=TimeDomain(fields["dom"]),
        partition=fields["part"],
        content=fields["tid"],
        seen={name[len(_SEEN) :]: tid for name, tid in fields.items() if name.startswith(_SEEN)},
        facts=facts,
    )
