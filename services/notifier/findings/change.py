"""One record of the engine as the store's `apply` takes it: what it changes, and the facts to show."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from schemas.issues import DetectedIssue
from services.notifier.findings.paging import Paging
from services.notifier.findings.routing import Routing
from services.notifier.store.identifiers import NO_PARTITION, alert_id, key, tag_of


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record was read. Offsets of one partition are applied in order, each once."""

    topic: str
    partition: int
    offset: int

    @property
    def log(self) -> str:
        """The name of the partition's log, for example "detected-issues:3"."""
        return f"{self.topic}:{self.partition}"


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970, whole."""
    return round(instant.timestamp() * 1000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def not_before(instant: datetime) -> int:
    """The first whole millisecond since 1970 that is not before it: what waits until then is never early."""
    return -((_EPOCH - instant) // timedelta(milliseconds=1))


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class Change:
    """A whole issue, how it may page, whom it is told, and the record that it came by.

    Our own technical alerts come by none.
    """

    issue: DetectedIssue
    paging: Paging
    routing: Routing
    origin: Origin | None

    @property
    def alert(self) -> str:
        return alert_id(self.issue.patient, self.issue.issue_id)

    @property
    def tag(self) -> str:
        return tag_of(self.issue.patient)

    def keys(self) -> list[str]:
        """The key that names the shard of this call."""
        return [key(self.tag, "off")]

    def arguments(self, epoch: str) -> list[str | int]:
        """The arguments of `apply`, in the order of its list in apply.lua, then the facts to show."""
        issue, origin, routing = self.issue, self.origin, self.routing
        control: list[str | int] = [
            origin.log if origin else "",
            origin.offset if origin else "",
            epoch,
            self.alert,
            issue.episode,
            issue.revision,
            issue.transition_id,
            issue.transition.value,
            int(issue.open),
            self.paging.tier,
            int(self.paging.pages),
            self.paging.quiet,
            issue.time_domain.value,
            str(origin.partition) if origin else NO_PARTITION,
            milliseconds(issue.at),
            not_before(routing.page_from),
            routing.plan.as_json() if routing.plan else "",
            ",".join(map(str, routing.targets)),
            issue.because,
            issue.cause_event,
            issue.severity.value,
            issue.patient,
            issue.told_before,
            routing.silence,
            issue.ward,
            routing.held,
        ]
        return control + _facts(issue, routing)


def _facts(issue: DetectedIssue, routing: Routing) -> list[str | int]:
    facts: dict[str, str | int] = {
        "check": issue.check,
        "transition": issue.transition.value,
        "reason": issue.reason.value if issue.reason else "",
        "held": routing.held,
        "settles": not_before(routing.settled or routing.page_from),
        "text": issue.text,
        "raised_at": milliseconds(issue.raised_at),
        "high_alert": int(issue.high_alert),
        "retrospective": int(issue.retrospective),
        "covered_by": issue.covered_by or "",
        "moved_to": issue.moved_to or "",
        "monitored_by": ", ".join(issue.monitored_by),
        "cause_entity": issue.cause_entity,
        "mode": issue.mode.value,
        "knowledge_version": issue.knowledge_version,
        "subjects": _json(issue.subjects),
        "implicated": _json(issue.implicated),
        "evidence": _json(issue.evidence),
        "sources": _json([source.model_dump(mode="json") for source in issue.sources]),
    }
    return [part for pair in facts.items() for part in pair]
