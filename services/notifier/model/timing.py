"""What time makes of an alert: a decision about one that is due is carried out, or is too late."""

from dataclasses import replace

from services.notifier.model.alert import Model
from services.notifier.model.episode import EXPIRING_TIERS, Episode
from services.notifier.policy.plan import Plan
from services.notifier.store.lifecycle import MOVES, Event

WILL_MONITOR, MONITORED = "will-monitor", "monitored"


def is_due(episode: Episode, now: int) -> bool:
    return episode.watched and episode.timer is not None and episode.timer <= now


def told(model: Model, plan: Plan, targets: tuple[str, ...], level: int, now: int) -> Model:
    """The newest episode, which is due, is told to these; whoever held it does not any more."""
    number, episode = model.episode, replace(model.episodes[model.episode], plan=plan)
    after = model.put(number, episode)
    if episode.state in ("acknowledged", "overridden"):
        after = after.moved(number, ending(episode), replace(episode.unheld(), told_at=0))
    return after.paged(number, targets, level, now)


def ending(episode: Episode) -> Event:
    """What the end of its time is for an alert that somebody holds."""
    if episode.state == "acknowledged":
        return Event.LEASE_ENDED
    promised = episode.override is not None and episode.override.reason == WILL_MONITOR
    return Event.NOT_MONITORED if promised else Event.OVERRIDE_ENDED


def waiting(model: Model, until: int) -> Model:
    return model.put(model.episode, replace(model.episodes[model.episode], timer=until))


def expired(model: Model) -> Model:
    """The newest episode is told no more; louder tiers than 3 never are."""
    episode = model.episodes[model.episode]
    if episode.tier not in EXPIRING_TIERS or Event.EXPIRED not in MOVES[episode.state]:
        return model
    return model.moved(model.episode, Event.EXPIRED, replace(episode, timer=None))


def closed(model: Model) -> Model:
    """The newest episode was about something that happened, and somebody answered for it."""
    episode = model.episodes[model.episode]
    return model.moved(model.episode, Event.RESOLVED, replace(episode, timer=None))


def monitored(model: Model, seen: int, now: int) -> tuple[Model, str]:
    """What somebody promised to watch was measured at `seen`: the override holds for as long again."""
    number, episode = model.episode, model.newest
    override = episode.override if episode is not None else None
    if (
        episode is None
        or override is None
        or episode.state != "overridden"
        or override.reason != WILL_MONITOR
        or seen <= override.at
    ):
        return model, "nothing"
    until = now + override.until - override.at
    kept = replace(override, reason=MONITORED, at=now, until=until)
    timer = until if episode.watched else episode.timer
    return model.moved(number, Event.MONITORED, replace(episode, override=kept, timer=timer)), "monitored"


def monitoring_taken_back(model: Model, now: int) -> tuple[Model, str]:
    """What kept the promise does not stand any more: the promise ends unkept, now."""
    number, episode = model.episode, model.newest
    override = episode.override if episode is not None else None
    if episode is None or override is None or episode.state != "overridden" or override.reason != MONITORED:
        return model, "nothing"
    until = min(override.until, now)
    unkept = replace(override, reason=WILL_MONITOR, until=until)
    timer = until if episode.watched else episode.timer
    after = model.put(number, replace(episode, override=unkept, timer=timer))
    return after.noted("monitoring-taken-back", episode.state, number), "taken back"
