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
_ANSWERS = _TAKES_OVER | {"overridden", "declined", "unacknowledged"}
_BEGINS_AN_OVERRIDE = frozenset(("overridden", "monitored"))
"""One that is held back, or whose monitoring is taken back, runs on from when it was made."""
_KEEPS_A_PROMISE = frozenset(("monitored", "monitoring-corrected"))
_TELLS = frozenset(("told", "offer-told", "handed-back-told"))
"""Whoever was told in any way hears of a withdrawal; a page only is a step of the plan."""
_WATCHED_BY_NOBODY = frozenset((AlertState.OPEN, AlertState.NOTIFIED, AlertState.OVERRIDDEN))
_TARGET = "target:"
_CHANNEL = "channel:"
"""How entries of the first layout begin, which knew no persons."""
_ENDS_A_HOLD = frozenset(("lease-ended", "override-ended", "not-monitored", "unacknowledged"))
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
    stands: bool = False
    paged: int = 0
    step: int = 0
    first: tuple[int, int] = (0, 0)
    asked: dict[str, str] = field(default_factory=dict)
    acks: list[str] = field(default_factory=list)
    acked_by: str = ""
    acked_at: int = 0
    acked_revision: int = 0
    ack_note: str = ""
    offered: str = ""
    override: AlertHistoryEntry | None = None
    overridden_at: int = 0
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
            self.stands, self.paged, self.first, self.asked, self.acks = False, 0, (0, 0), {}, []
        self.episode, self.revision, self.state = entry.episode, entry.revision, entry.state
        self.severity = entry.severity
        self.transition_id = entry.transition_id
        self.level, self.step, self.offered = entry.level, entry.step, entry.offered
        self._take_holder(entry)
        self._take_page(entry)
        if entry.event in _BY_A_RECORD:
            self._take_ward(entry)
        if entry.event in _STARTS_A_PAGE:
            self.told_now, self.told_at, self.retracted, self.stands, self.acks = [], 0, [], False, []
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

    def _take_page(self, entry: AlertHistoryEntry) -> None:
        """Whom a page asks: entries that name nobody are of a release that did not keep it."""
        if not entry.targets:
            return
        self.stands, self.paged = True, entry.revision
        persons = {target.rpartition("/")[0] for target in entry.targets}
        self.acks = [person for person in self.acks if person not in persons]
        self.asked |= dict.fromkeys(entry.targets, f"{entry.revision}:{entry.step}")
        if entry.event == "paged":
            self.first = (entry.revision, entry.step)

    def _take_ward(self, entry: AlertHistoryEntry) -> None:
        """What was ordered for the people of the ward before stands no more, nor who of them answered."""
        if self.ward and entry.ward and entry.ward != self.ward:
            if self.state is AlertState.OPEN and not self.told_at:
                self.told_now, self.stands = [], False
            self.told_at, self.acks, self.first = 0, [], (self.paged, self.step + 1)
        self.ward, self.ward_at = entry.ward, milliseconds(entry.at)

    def _take_holder(self, entry: AlertHistoryEntry) -> None:
        if entry.event in _TAKES_OVER:
            self.acked_by, self.acked_at, self.ack_note = entry.actor, milliseconds(entry.at), entry.note
            self.acked_revision = entry.revision
        elif entry.state in _WATCHED_BY_NOBODY:
            self.acked_by = ""
        if entry.event == "acknowledged-in-part":
            self.acks = [*dict.fromkeys([*self.acks, entry.actor])]
        elif entry.event in _ANSWERS:
            self.acks = [
                person for person in self.acks if entry.event == "declined" and person != entry.actor
            ]
        if entry.event in _KEEPS_A_PROMISE:
            self.kept_by = entry.because
        if entry.event == "monitored" and self.override is not None:
            self.promised_at = self.overridden_at
        if entry.event in _BEGINS_AN_OVERRIDE:
            self.overridden_at = milliseconds(entry.at)
        if entry.state is not AlertState.OVERRIDDEN:
            self.override = None
        elif entry.event in _OVERRIDES:
            self.override = entry

    def arguments(self) -> list[str | int]:
        """The arguments of `restore`: alert, last sequence, episode, then names and values of its fields."""
        fields = self._core() | self._override()
        return [self.alert, self.sequence, self.episode, *(part for pair in fields.items() for part in pair)]

    def _core(self) -> dict[str, str | int]:
        """What nobody was told yet is still to be paged; of entries that name no level, one was told.

        The first page is told again under its ids; what follows has ids that no page had before the loss.
        """
        unpaged = self.state is AlertState.OPEN and not self.told_now
        paged, step = self.paged, self.step
        if not unpaged:
            paged = paged or self.revision
        elif self.stands and self.level <= 1:
            paged, step = (paged, step - 1) if step else (0, 0)
        first_rev, first_step = self.first if self.first[0] else (paged, 0)
        return {
            "rev": self.revision,
            "due_rev": self.revision,
            "tid": self.transition_id,
            "st": self.state.value,
            "sev": self.severity.value,
            "patient": self.patient,
            "unpaged": int(unpaged),
            "paged": paged,
            "step": step,
            "first_rev": first_rev,
            "first_step": first_step,
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
            "acks": ",".join(self.acks),
            **{f"to:{target}": page for target, page in self.asked.items()},
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
            "ovr_at": self.overridden_at or milliseconds(made.at),
            "ovr_until": milliseconds(made.until),
            "acked_rev": made.revision,
            "promised_at": self.promised_at,
            "kept_by": self.kept_by,
        }


def _target_of(entry: AlertHistoryEntry) -> Target:
    return Target.of(entry.actor.removeprefix(_TARGET).removeprefix(_CHANNEL))
