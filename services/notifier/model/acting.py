"""What a person's decision makes of an alert. It is bound to the revision that they saw."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from services.notifier.model.alert import Model, due_at
from services.notifier.model.episode import Episode, Override
from services.notifier.model.sending import HANDED_BACK, OFFER, told_of_page
from services.notifier.policy.ladder import asks_everybody
from services.notifier.policy.powers import ACKNOWLEDGE, SECOND, override_of
from services.notifier.store.lifecycle import Event, IllegalMove, move

_PERSONAL = {Event.HANDED_OVER: OFFER, Event.OFFER_DECLINED: HANDED_BACK}
_TAKES_OVER = (Event.ACKNOWLEDGED, Event.ACCEPTED, Event.RENEWED)


@dataclass(frozen=True, slots=True)
class Decision:
    """One of acknowledged, unacknowledged, declined, overridden, handed-over; `lasts` in milliseconds."""

    event: Event
    episode: int
    revision: int
    actor: str
    second: str = ""
    reason: str = ""
    scope: str = ""
    lasts: int = 0
    to: str = ""
    transition_id: str = ""


Powers = Mapping[str, Collection[str]]
"""What each person may do (policy/powers.py)."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the site's policy says of people: what they may do, and by which channels they are told.

    `powers` is None on a site without a policy: anybody may answer, and nobody's channels are known.
    """

    powers: Powers | None = None
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def acted(model: Model, decision: Decision, now: int, site: Site) -> tuple[Model, str]:
    """The model after a decision, and the answer: done, stale, illegal, refused or unknown."""
    known, number = model.newest, model.episode
    if known is None:
        return model, "unknown"
    if site.powers is not None and not _may(known, decision, site.powers):
        return model.noted(f"{decision.event}-refused", known.state, number), "refused"
    if (decision.episode, decision.revision) != (number, known.revision):
        return model, "stale"
    if decision.transition_id not in ("", known.transition_id):
        return model, "stale"
    event = _meaning(model, known, decision)
    try:
        state = str(move(known.state, event))
    except IllegalMove:
        return model, "illegal"
    if _is_refused(known, event, decision):
        return model.noted(f"{event}-refused", known.state, number), "refused"
    changed = _decided(replace(known, state=state), event, decision, now)
    after = model.put(number, changed)
    if event in _PERSONAL:
        kind, person = _PERSONAL[event], decision.to or known.acked_by
        for channel in site.channels.get(person, ()):
            after = after.ordered(number, f"{kind}-{len(model.trail)}", f"{person}/{channel}")
    return after.noted(event, known.state, number), "done"


def _may(known: Episode, decision: Decision, powers: Powers) -> bool:
    """Whether actor, second person and receiver each may do their part. Of a finding: technical alerts differ
    in the name of the power only.
    """
    override = decision.event is Event.OVERRIDDEN
    wanted = [(decision.actor, override_of(known.tier) if override else ACKNOWLEDGE)]
    wanted += [(decision.second, SECOND)] if decision.second else []
    wanted += [(decision.to, ACKNOWLEDGE)] if decision.to else []
    return all(power in powers.get(person, ()) for person, power in wanted)


def _meaning(model: Model, known: Episode, decision: Decision) -> Event:
    """Whoever holds an alert renews by acknowledging again; whom it is offered to accepts so, or declines."""
    if decision.event is Event.DECLINED and known.state == "acknowledged" and known.offered == decision.actor:
        return Event.OFFER_DECLINED
    if decision.event is Event.ACKNOWLEDGED and known.state == "acknowledged":
        if known.offered == decision.actor:
            return Event.ACCEPTED
        if known.acked_by == decision.actor:
            return Event.RENEWED
    if decision.event is Event.ACKNOWLEDGED and _others_must_answer(model, known, decision.actor):
        return Event.ACKNOWLEDGED_IN_PART
    return decision.event


def _others_must_answer(model: Model, known: Episode, actor: str) -> bool:
    if known.state not in ("open", "notified") or known.plan is None or known.unpaged or not known.level:
        return False
    left = told_of_page(model, model.episode) - {*known.acks, actor}
    return bool(left) and asks_everybody(known.plan, known.level)


def _is_refused(known: Episode, event: Event, decision: Decision) -> bool:
    if event is Event.OVERRIDDEN and known.tier == 1:
        return decision.second in ("", decision.actor)
    return event is Event.HANDED_OVER and decision.to == known.acked_by


def _decided(known: Episode, event: Event, decision: Decision, now: int) -> Episode:
    if event is Event.HANDED_OVER:
        return replace(known, offered=decision.to)
    if event is Event.OFFER_DECLINED:
        return replace(known, offered="")
    if event is Event.ACKNOWLEDGED_IN_PART:
        return replace(known, acks=tuple(dict.fromkeys((*known.acks, decision.actor))))
    changed = known.unheld()
    if event in _TAKES_OVER:
        changed = replace(
            changed,
            acked_by=decision.actor,
            acked_revision=known.revision,
            acked_at=now,
            acks=(),
            override=None,
        )
    elif event is Event.OVERRIDDEN:
        override = Override(
            decision.actor, decision.second, decision.reason, decision.scope, now, now + decision.lasts
        )
        changed = replace(changed, acked_revision=known.revision, acks=(), override=override)
    else:
        held = event is Event.UNACKNOWLEDGED
        acks = tuple(each for each in known.acks if each != decision.actor)
        changed = replace(changed, acks=acks, told_at=0 if held else known.told_at)
        if changed.watched:
            return replace(changed, timer=now)
    return replace(changed, timer=due_at(changed, now)) if changed.watched else changed
