"""What a person's decision makes of an alert. It is bound to the revision that they saw."""

from dataclasses import dataclass, replace

from services.notifier.lifecycle import Event, IllegalMove, move
from services.notifier.model.alert import Model, due_at
from services.notifier.model.episode import Episode, Override

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


def acted(model: Model, decision: Decision, now: int) -> tuple[Model, str]:
    """The model after a decision, and the answer: done, stale, illegal, refused or unknown."""
    known, number = model.newest, model.episode
    if known is None:
        return model, "unknown"
    if (decision.episode, decision.revision) != (number, known.revision):
        return model, "stale"
    event = _meaning(known, decision)
    try:
        state = str(move(known.state, event))
    except IllegalMove:
        return model, "illegal"
    if _is_refused(known, event, decision):
        return model.noted(f"{event}-refused", known.state, number), "refused"
    changed = _decided(replace(known, state=state), event, decision, now)
    return model.put(number, changed).noted(event, known.state, number), "done"


def _meaning(known: Episode, decision: Decision) -> Event:
    """Whoever holds an alert renews by acknowledging again, and whom it is offered to accepts so."""
    if decision.event is Event.ACKNOWLEDGED and known.state == "acknowledged":
        if known.offered == decision.actor:
            return Event.ACCEPTED
        if known.acked_by == decision.actor:
            return Event.RENEWED
    return decision.event


def _is_refused(known: Episode, event: Event, decision: Decision) -> bool:
    if event is Event.OVERRIDDEN and known.tier == 1:
        return decision.second in ("", decision.actor)
    return event is Event.HANDED_OVER and decision.to == known.acked_by


def _decided(known: Episode, event: Event, decision: Decision, now: int) -> Episode:
    if event is Event.HANDED_OVER:
        return replace(known, offered=decision.to)
    changed = known.unheld()
    if event in _TAKES_OVER:
        changed = replace(
            changed, acked_by=decision.actor, acked_revision=known.revision, acked_at=now, override=None
        )
    elif event is Event.OVERRIDDEN:
        override = Override(
            decision.actor, decision.second, decision.reason, decision.scope, now, now + decision.lasts
        )
        changed = replace(changed, acked_revision=known.revision, override=override)
    elif changed.watched:
        return replace(changed, timer=now)
    return replace(changed, timer=due_at(changed, now)) if changed.watched else changed
