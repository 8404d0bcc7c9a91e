"""What `alert-history` remembers of an alert, folded entry by entry.

Used when the store is empty: whoever acknowledged an alert is not paged again because a server was lost.
Entries may come twice (the relay sends at least once); the sequence number drops the repetition.
"""

from dataclasses import dataclass, field

from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.base import Severity
from services.notifier.change import milliseconds
from services.notifier.policy.plan import Target

_TARGET = "target:"
_CHANNEL = "channel:"
"""How entries of the first layout begin, which knew no persons."""
_STARTS_A_PAGE = frozenset(("raised", "worsened", "reopened"))


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
    acked_by: str = ""
    acked_at: int = 0
    ack_note: str = ""

    def take(self, entry: AlertHistoryEntry) -> None:
        """Fold the next entry in; one that was taken already changes nothing."""
        if entry.sequence <= self.sequence:
            return
        self.sequence = entry.sequence
        if entry.episode < self.episode:
            return
        if entry.episode > self.episode:
            self.told, self.told_now, self.acked_by = [], [], ""
        self.episode, self.revision, self.state = entry.episode, entry.revision, entry.state
        self.severity = entry.severity
        self.transition_id = entry.transition_id
        if entry.event in _STARTS_A_PAGE:
            self.told_now, self.acked_by = [], ""
        elif entry.event == "told":
            target = Target.of(entry.actor.removeprefix(_TARGET).removeprefix(_CHANNEL))
            self.told = [*dict.fromkeys([*self.told, target])]
            self.told_now = [*dict.fromkeys([*self.told_now, target])]
        elif entry.event == "acknowledged":
            self.acked_by, self.acked_at, self.ack_note = entry.actor, milliseconds(entry.at), entry.note

    def arguments(self) -> list[str | int]:
        """The arguments of `restore`, in its order."""
        return [
            self.alert,
            self.sequence,
            self.episode,
            self.revision,
            self.transition_id,
            self.state.value,
            ",".join(map(str, self.told)),
            ",".join(map(str, self.told_now)),
            self.acked_by,
            self.acked_at,
            self.ack_note,
            self.severity.value,
            self.patient,
        ]
