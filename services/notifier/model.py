"""The notifier's behaviour for one alert as a pure model: no store, no clock, nothing but values.

The store's functions do the same in one atomic step; tests drive both with the same commands and compare
everything. Read this file to know what an alert does, and the Lua files to know how it is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.notifier.lifecycle import LIVE, UNSEEN, Event, IllegalMove, move


@dataclass(frozen=True, slots=True)
class Finding:
    """What a record says, as far as the state machine looks at it. Times are in milliseconds."""

    episode: int
    revision: int
    transition_id: str
    transition: str
    open: bool
    tier: int
    quiet: str
    at: int
    page_from: int
    told_before: int = 0

    @property
    def closing(self) -> Event:
        ways = {"withdrawn": Event.WITHDRAWN, "moved": Event.MOVED}
        return ways.get(self.transition, Event.RESOLVED)


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode.

    `due_revision` must be paged, `paged` was; `timer` is when it will be, if it still holds.
    """

    state: str = UNSEEN
    revision: int = 0
    transition_id: str = ""
    tier: int = 0
    quiet: str = "unseen"
    due_revision: int = 0
    paged: int = 0
    step: int = 0
    told: tuple[str, ...] = ()
    acked_by: str = ""
    acked_revision: int = 0
    timer: int | None = None

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def waits_to_page(self) -> bool:
        return self.state == "open" and not self.quiet and self.paged < self.due_revision


@dataclass(frozen=True, slots=True)
class Model:
    """One alert: its episodes, what became of each delivery, and its audit trail."""

    targets: tuple[str, ...]
    episode: int = 0
    episodes: Mapping[int, Episode] = field(default_factory=dict)
    deliveries: Mapping[str, str] = field(default_factory=dict)
    trail: tuple[tuple[str, str, str, int, int], ...] = ()

    @property
    def newest(self) -> Episode | None:
        return self.episodes.get(self.episode)

    def _with(self, number: int, episode: Episode) -> "Model":
        return replace(self, episodes={**self.episodes, number: episode})

    def _noted(self, event: str, before: str, number: int) -> "Model":
        now = self.episodes[number]
        return replace(self, trail=(*self.trail, (event, before, str(now.state), number, now.revision)))

    def _ordered(self, number: int, step: str, target: str) -> "Model":
        delivery = f"{number}:{self.episodes[number].revision}:{step}:{target}"
        if delivery in self.deliveries:
            return self
        return replace(self, deliveries={**self.deliveries, delivery: "queued"})

    def _paged(self, number: int) -> "Model":
        after = self
        for target in self.targets:
            after = after._ordered(number, str(self.episodes[number].step), target)
        episode = self.episodes[number]
        after = after._with(number, replace(episode, paged=episode.revision, timer=None))
        return after._noted(Event.PAGED, episode.state, number)

    def _settled(self, number: int, now: int, page_from: int) -> "Model":
        episode = self.episodes[number]
        if not episode.waits_to_page:
            return self._with(number, replace(episode, timer=None))
        at = page_from if episode.timer is None else min(page_from, episode.timer)
        return self._paged(number) if at <= now else self._with(number, replace(episode, timer=at))

    def judged(self, finding: Finding) -> Event | str:
        """The event that a finding is, or why it changes nothing."""
        known = self.newest
        if finding.episode < self.episode:
            return "older"
        if known is None or finding.episode > self.episode:
            return Event.RAISED if finding.open else finding.closing
        if finding.revision < known.revision:
            return "older"
        if finding.revision == known.revision:
            return _replacement(known, finding)
        if not finding.open:
            return finding.closing
        if finding.revision != known.revision + 1:
            return Event.WORSENED
        if finding.transition == "eased":
            return Event.EASED
        return Event.RETURNED if _told_before(known, finding) else Event.WORSENED

    def applied(self, finding: Finding, now: int) -> tuple["Model", str]:
        """The model after a finding, and its outcome. Raises `IllegalMove`."""
        event = self.judged(finding)
        if not isinstance(event, Event):
            return self, event
        known, after = self.newest, self
        if known is None or finding.episode > self.episode:
            if known is not None and known.live:
                over = replace(known, state=move(known.state, Event.RESOLVED), timer=None)
                after = self._with(self.episode, over)._noted(Event.RESOLVED, known.state, self.episode)
            known = Episode()
            after = replace(after, episode=finding.episode)
        return after._changed(known, finding, event, now), event.value

    def _changed(self, known: Episode, finding: Finding, event: Event, now: int) -> "Model":
        same_revision = known.revision == finding.revision
        changed = replace(
            known,
            state=str(move(known.state, event)),
            revision=finding.revision,
            transition_id=finding.transition_id,
            tier=finding.tier,
            quiet=finding.quiet,
        )
        speaks_up = bool(known.quiet) and not changed.quiet and changed.state == "open"
        if speaks_up or event in (Event.RAISED, Event.WORSENED, Event.REOPENED):
            changed = replace(
                changed,
                acked_by="",
                due_revision=changed.revision,
                step=changed.step + 1 if same_revision else 0,
                paged=changed.revision - 1 if same_revision else changed.paged,
            )
        after = self._with(finding.episode, changed)._noted(event, known.state, finding.episode)
        after = after._settled(finding.episode, now, finding.page_from)
        if event is Event.WITHDRAWN and known.state != "withdrawn":
            for target in changed.told:
                after = after._ordered(finding.episode, "retraction", target)
        return after

    def due(self, now: int) -> "Model":
        """The model after the timers that are due by `now`."""
        after = self
        for number, episode in self.episodes.items():
            if episode.timer is not None and episode.timer <= now:
                after = after._with(number, replace(episode, timer=None))
                if episode.waits_to_page:
                    after = after._paged(number)
        return after

    def acknowledged(self, episode: int, revision: int, actor: str) -> tuple["Model", str]:
        """The model after an acknowledgement, and the answer: done, stale, illegal or unknown."""
        known = self.newest
        if known is None:
            return self, "unknown"
        if (episode, revision) != (self.episode, known.revision):
            return self, "stale"
        try:
            state = move(known.state, Event.ACKNOWLEDGED)
        except IllegalMove:
            return self, "illegal"
        acked = replace(known, state=str(state), acked_by=actor, acked_revision=revision, timer=None)
        after = self._with(episode, acked)
        return after._noted(Event.ACKNOWLEDGED, known.state, episode), "done"

    def _stands(self, delivery: str) -> bool:
        number, revision, step, _ = _parts(delivery)
        episode = self.episodes[number]
        if step == "retraction":
            return episode.state == "withdrawn"
        if number != self.episode or episode.state not in ("open", "notified") or episode.quiet:
            return False
        return _is_current(episode, revision, step)

    def leased(self, delivery: str) -> tuple["Model", str]:
        """The model after a sender asked for a delivery, and the answer: go, drop or done."""
        if self.deliveries[delivery] in ("sent", "delivered", "failed", "dropped"):
            return self, "done"
        stands = self._stands(delivery)
        status = "leased" if stands else "dropped"
        return replace(self, deliveries={**self.deliveries, delivery: status}), "go" if stands else "drop"

    def received(self, delivery: str, status: str) -> "Model":
        """The model after a receipt: queued, sent, delivered, failed or unknown."""
        before = self.deliveries[delivery]
        if before in ("delivered", "failed", "dropped") or (before == "sent" and status != "delivered"):
            return self
        number, revision, step, target = _parts(delivery)
        after = replace(self, deliveries={**self.deliveries, delivery: status})
        state = self.episodes[number].state
        if status == "failed":
            return after._noted("delivery-failed", state, number)
        if before == "sent" or status == "queued":
            return after
        if step == "retraction":
            return after._noted("retraction-told", state, number) if status != "unknown" else after
        return after._told(number, revision, step, target, status != "unknown")

    def _told(self, number: int, revision: int, step: str, target: str, certain: bool) -> "Model":
        episode = self.episodes[number]
        told = episode.told if target in episode.told else (*episode.told, target)
        state = episode.state
        if certain and _is_current(episode, revision, step):
            state = str(move(state, Event.TOLD))
        after = self._with(number, replace(episode, told=told, state=state))
        if certain:
            after = after._noted(Event.TOLD, episode.state, number)
        return after._ordered(number, "retraction", target) if state == "withdrawn" else after


def _told_before(known: Episode, finding: Finding) -> bool:
    """Whether the last page said as much, and whoever acknowledged since had seen that page.

    A page that waited until the finding had eased said less; one that still waits will say what holds.
    """
    if finding.transition != "worsened" or not finding.told_before:
        return False
    seen = known.state != "acknowledged" or known.acked_revision == finding.told_before
    return known.paged <= known.due_revision == finding.told_before and seen


def _replacement(known: Episode, finding: Finding) -> Event | str:
    if finding.transition_id == known.transition_id:
        return "repeated"
    lifts_backfill = known.quiet == "backfill" and finding.quiet != "backfill"
    if finding.transition == "republished" and not lifts_backfill:
        return "repeated"
    if not finding.open:
        return finding.closing
    if not known.live:
        return Event.REOPENED
    return Event.WORSENED if finding.tier < known.tier else Event.REPLACED


def _is_current(episode: Episode, revision: int, step: str) -> bool:
    return revision == episode.paged and step == str(episode.step) and episode.paged >= episode.due_revision


def _parts(delivery: str) -> tuple[int, int, str, str]:
    episode, revision, step, target = delivery.split(":")
    return int(episode), int(revision), step, target
