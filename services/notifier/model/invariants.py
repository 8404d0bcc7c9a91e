"""What is always true of an alert. Each function says what is wrong; an empty list is well."""

from services.notifier.model.alert import Model
from services.notifier.store.lifecycle import WATCHED


def broken(model: Model) -> list[str]:
    """What does not hold in one moment."""
    wrong = []
    for number, episode in model.episodes.items():
        name = f"episode {number}, {episode.state}"
        if episode.watched and episode.timer is None:
            wrong.append(f"{name}: pages, and has no timer")
        if not episode.watched and episode.timer is not None:
            wrong.append(f"{name}: has a timer, and nobody is to be told")
        if episode.state == "acknowledged" and not episode.acked_by:
            wrong.append(f"{name}: nobody holds it")
        if episode.state == "overridden" and episode.override is None:
            wrong.append(f"{name}: nothing says why")
        if episode.state in ("open", "notified") and episode.holder:
            wrong.append(f"{name}: held by {episode.holder}")
        if number != model.episode and episode.state in WATCHED:
            wrong.append(f"{name}: a newer episode began")
    return wrong


def broken_since(before: Model, after: Model) -> list[str]:
    """What does not hold of a change."""
    wrong = []
    for number, old in before.episodes.items():
        new = after.episodes[number]
        if new.revision < old.revision:
            wrong.append(f"episode {number}: revision {new.revision} after {old.revision}")
        if set(old.told) - set(new.told):
            wrong.append(f"episode {number}: who was told is forgotten")
    if after.episode < before.episode:
        wrong.append(f"episode {after.episode} after {before.episode}")
    if after.trail[: len(before.trail)] != before.trail:
        wrong.append("the trail was changed")
    if set(before.deliveries) - set(after.deliveries):
        wrong.append("a delivery is forgotten")
    return wrong
