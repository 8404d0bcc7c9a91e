"""One alert: its episodes, its deliveries, its audit trail, and what a record of the engine makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.notifier.model.episode import Episode, Finding
from services.notifier.model.judging import judged
from services.notifier.policy.ladder import wait_s
from services.notifier.store.lifecycle import Event, move


@dataclass(frozen=True, slots=True)
class Model:
    """One alert. A delivery is named "episode:revision:step:target"; `out`: its channel fails."""

    episode: int = 0
    episodes: Mapping[int, Episode] = field(default_factory=dict)
    deliveries: Mapping[str, str] = field(default_factory=dict)
    out: frozenset[str] = frozenset()
    trail: tuple[tuple[str, str, str, int, int], ...] = ()

    @property
    def newest(self) -> Episode | None:
        return self.episodes.get(self.episode)

    def put(self, number: int, episode: Episode) -> "Model":
        return replace(self, episodes={**self.episodes, number: episode})

    def noted(self, event: str, before: str, number: int) -> "Model":
        now = self.episodes[number]
        return replace(self, trail=(*self.trail, (event, before, str(now.state), number, now.revision)))

    def ordered(self, number: int, step: str, target: str) -> "Model":
        delivery = f"{number}:{self.episodes[number].revision}:{step}:{target}"
        if delivery in self.deliveries:
            return self
        return replace(self, deliveries={**self.deliveries, delivery: "queued"})

    def moved(self, number: int, event: Event, changed: Episode) -> "Model":
        """`changed`, in the state that `event` leads to from where the episode was. Raises `IllegalMove`."""
        before = self.episodes[number].state
        after = self.put(number, replace(changed, state=str(move(before, event))))
        return after.noted(event, before, number)

    def paged(self, number: int, targets: tuple[str, ...], level: int, now: int) -> "Model":
        """Tells `targets`, as telling number `level`; what was never paged is paged, the rest escalates."""
        episode = self.episodes[number]
        step = episode.step + 1 if episode.paged == episode.revision else 0
        persons = {target.rpartition("/")[0] for target in targets}
        acks = tuple(person for person in episode.acks if person not in persons)
        told = replace(episode, step=step, paged=episode.revision, level=level, acks=acks)
        if episode.unpaged:
            told = replace(told, unpaged=False, first=(episode.revision, step), told_at=0)
        event = Event.PAGED if episode.unpaged else Event.ESCALATED
        after = self.put(number, told)
        for target in targets:
            after = after.ordered(number, str(step), target)
        after = after.moved(number, event, told)
        return after.put(number, replace(after.episodes[number], timer=due_at(after.episodes[number], now)))

    def applied(self, finding: Finding, now: int) -> tuple["Model", str]:
        """The model after a finding, and its outcome. Raises `IllegalMove`."""
        known, after = self.newest, self
        event = judged(known, self.episode, finding, now)
        if not isinstance(event, Event):
            return self, event
        before = known
        if known is None or finding.episode > self.episode:
            if known is not None and known.live:
                after = after.moved(self.episode, Event.RESOLVED, replace(known, timer=None))
            known = Episode()
            after = replace(after, episode=finding.episode)
        return after._changed(known, finding, event, now, before), event.value

    def _changed(
        self, known: Episode, finding: Finding, event: Event, now: int, before: Episode | None
    ) -> "Model":
        number = finding.episode
        if event is Event.TRANSFERRED:
            return self.moved(number, event, _followed(known, finding))._retimed(finding, now)
        changed = replace(
            _followed(known, finding),
            state=str(move(known.state, event)),
            revision=finding.revision,
            transition_id=finding.transition_id,
            tier=finding.tier,
            quiet=finding.quiet,
        )
        changed = replace(changed, plan=changed.plan or finding.plan)
        speaks_up = bool(known.quiet) and not changed.quiet and changed.state == "open"
        if event is Event.HELD_BACK and before is not None:
            changed = replace(changed, due_revision=changed.revision, unpaged=True, override=before.override)
        elif speaks_up or event in (Event.RAISED, Event.WORSENED, Event.REOPENED):
            changed = replace(
                changed.unheld(),
                acks=(),
                due_revision=changed.revision,
                unpaged=True,
                level=0,
                plan=finding.plan,
            )
        if changed.state == "overridden" and changed.override is not None:
            kept = replace(changed.override, count=changed.override.count + 1)
            changed = replace(changed, override=kept)
        after = self.put(number, changed).noted(event, known.state, number)
        after = after._retimed(finding, now)
        if event is Event.WITHDRAWN and known.state != "withdrawn":
            for target in changed.told:
                after = after.ordered(number, "retraction", target)
        return after

    def _retimed(self, finding: Finding, now: int) -> "Model":
        episode = self.episodes[finding.episode]
        if not episode.watched:
            return self.put(finding.episode, replace(episode, timer=None))
        timer = episode.timer
        if episode.waits_to_page:
            timer = finding.page_from if timer is None else min(finding.page_from, timer)
            if timer <= now and finding.targets and episode.plan == finding.plan:
                return self.paged(finding.episode, finding.targets, 1, now)
        elif timer is None:
            timer = due_at(episode, now)
        return self.put(finding.episode, replace(episode, timer=timer))


def _followed(known: Episode, finding: Finding) -> Episode:
    """A patient who was moved: later steps are those of the new ward, and at least its last one is told.

    Orders to the old one stand no more; of what nobody has heard the new ward is told from its first step.
    """
    there = replace(known, ward=finding.ward, ward_at=finding.at)
    if not known.plan or not finding.plan or finding.ward in ("", known.ward):
        return there
    level = min(known.level, len(finding.plan.steps) - 1)
    there = replace(there, plan=finding.plan, level=level, told_at=0, acks=())
    if known.unpaged:
        return there
    there = replace(there, first=(known.paged, known.step + 1))
    unheard = known.state == "open" and not known.told_at
    return replace(there, unpaged=True, level=0) if unheard else there


def due_at(episode: Episode, now: int) -> int:
    """When the timer of an episode that was paged, or is held, is due."""
    if episode.state == "overridden" and episode.override is not None:
        return episode.override.until
    if episode.plan is None:
        raise ValueError("an episode that pages has a plan")
    if episode.state == "acknowledged":
        return episode.acked_at + episode.plan.ack_s * 1000
    at = now + wait_s(episode.plan, episode.level) * 1000
    return at if episode.expires_at is None else min(at, episode.expires_at)
