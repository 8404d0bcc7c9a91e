"""What `alert-history` remembers of an alert, folded entry by entry.

Used when the store is empty: whoever acknowledged an alert is not paged again because a server was lost.
Entries may come twice (the relay sends at least once); the sequence number drops the repetition.
"""

from dataclasses import dataclass, field

from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.base import Severity
from services.notifier.findings.change import milliseconds
from services.notifier.policy.plan import Target

_TAKES_OVER = frozenset(("acknowledged", "renewed", "accepted"))
_OVERRIDES = frozenset(("overridden", "monitored", "monitoring-taken-back", "held-back"))
_KEEPS_A_PROMISE = frozenset(("monitored", "monitoring-corrected"))
_TELLS = frozenset(("told", "offer-told", "handed-back-told"))
"""Whoever was told in any way hears of a withdrawal; a page only is a step of the plan."""
_WATCHED_BY_NOBODY = frozenset((AlertState.OPEN, AlertState.NOTIFIED, AlertState.OVERRIDDEN))
_TARGET = "target:"
_CHANNEL = "channel:"
"""How entries of the first layout begin, which knew no persons."""
_ENDS_A_HOLD = frozenset(("lease-ended", "override-ended", "not-monitored"))
"""From then on it is told again, and its time begins when somebody has heard of that."""
_STARTS_A_PAGE = frozenset(("raised", "worsened", "reopened", "held-back"))
_BY_A_RECORD = _STARTS_A_PAGE | {"eased", "returned", "replaced", "transferred"}


@dataclass(slots=True)
class Memory:
    """The newest episode of one alert as its history tells it."""

    alert: str
    patient: str
    sequence: int = 0
    episode: int = 0
    revision: int = 0
    state: AlertState = AlertState.OPEN
    severity: Severity = Severity.MINOR
    transition_id: str = ""
    told: list[Target] = field(default_factory=list)
    told_now: list[Target] = field(default_factory=list)
    retracted: list[Target] = field(default_factory=list)
    told_at: int = 0
    level: int = 0
    acked_by: str = ""
    acked_at: int = 0
    acked_revision: int = 0
    ack_note: str = ""
    offered: str = ""
    override: AlertHistoryEntry | None = None
    promised_at: int = 0
    kept_by: str = ""
    ward: str = ""
    ward_at: int = 0

    def take(self, entry: AlertHistoryEntry) -> None:
        """Fold the next entry in; one that was taken already changes nothing."""
        if entry.sequence <= self.sequence:
            return
        self.sequence = entry.sequence
        if entry.episode < self.episode:
            return
        if entry.episode > self.episode:
            self.told, self.told_now, self.acked_by, self.level = [], [], "", 0
            self.told_at, self.retracted = 0, []
        self.episode, self.revision, self.state = entry.episode, entry.revision, entry.state
        self.severity = entry.severity
        self.transition_id = entry.transition_id
        self.level, self.offered = entry.level, entry.offered
        self._take_holder(entry)
        if entry.event in _BY_A_RECORD:
            self.ward, self.ward_at = entry.ward, milliseconds(entry.at)
        if entry.event in _STARTS_A_PAGE:
            self.told_now, self.told_at, self.retracted = [], 0, []
        elif entry.event in _ENDS_A_HOLD:
            self.told_at = 0
        elif entry.event == "retraction-told":
            self.retracted.append(_target_of(entry))
        elif entry.event in _TELLS:
            target = _target_of(entry)
            self.told = [*dict.fromkeys([*self.told, target])]
            if entry.event == "told":
                self.told_now = [*dict.fromkeys([*self.told_now, target])]
                self.told_at = self.told_at or milliseconds(entry.at)

    def _take_holder(self, entry: AlertHistoryEntry) -> None:
        if entry.event in _TAKES_OVER:
            self.acked_by, self.acked_at, self.ack_note = entry.actor, milliseconds(entry.at), entry.note
            self.acked_revision = entry.revision
        elif entry.state in _WATCHED_BY_NOBODY:
            self.acked_by = ""
        if entry.event in _KEEPS_A_PROMISE:
            self.kept_by = entry.because
        if entry.event == "monitored" and self.override is not None:
            self.promised_at = milliseconds(self.override.at)
        if entry.state is not AlertState.OVERRIDDEN:
            self.override = None
        elif entry.event in _OVERRIDES:
            self.override = entry

    def arguments(self) -> list[str | int]:
        """The arguments of `restore`: alert, last sequence, episode, then names and values of its fields."""
        fields = self._core() | self._override()
        return [self.alert, self.sequence, self.episode, *(part for pair in fields.items() for part in pair)]

    def _core(self) -> dict[str, str | int]:
        """What nobody was told yet is still to be paged; of entries that name no level, one was told."""
        unpaged = self.state is AlertState.OPEN and not self.told_now
        paged = 0 if unpaged else self.revision
        return {
            "rev": self.revision,
            "due_rev": self.revision,
            "tid": self.transition_id,
            "st": self.state.value,
            "sev": self.severity.value,
            "patient": self.patient,
            "unpaged": int(unpaged),
            "paged": paged,
            "first_rev": paged,
            "level": 0 if unpaged else max(1, self.level),
            "told": ",".join(map(str, self.told)),
            "told_now": ",".join(map(str, self.told_now)),
            "told_at": self.told_at,
            "retracted": ",".join(map(str, self.retracted)),
            "acked_by": self.acked_by,
            "acked_rev": self.acked_revision or self.revision,
            "acked_at": self.acked_at,
            "ack_note": self.ack_note,
            "offered": self.offered,
            "ward": self.ward,
            "ward_at": self.ward_at,
        }

    def _override(self) -> dict[str, str | int]:
        made = self.override
        if made is None or made.until is None:
            return {}
        return {
            "ovr_by": made.holder,
            "ovr_second": made.second,
            "ovr_reason": made.reason,
            "ovr_scope": made.scope,
            "ovr_at": milliseconds(made.at),
            "ovr_until": milliseconds(made.until),
            "acked_rev": made.revision,
            "promised_at": self.promised_at,
            "kept_by": self.kept_by,
        }


def _target_of(entry: AlertHistoryEntry) -> Target:
    return Target.of(entry.actor.removeprefix(_TARGET).removeprefix(_CHANNEL))
