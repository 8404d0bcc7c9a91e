"""What senders ask and report, and what it makes of an alert."""

from dataclasses import replace

from services.notifier.lifecycle import Event, move
from services.notifier.model.alert import Model
from services.notifier.model.episode import Episode


def leased(model: Model, delivery: str) -> tuple[Model, str]:
    """The model after a sender asked for a delivery, and the answer: go, drop or done."""
    if model.deliveries[delivery] in ("sent", "delivered", "failed", "dropped"):
        return model, "done"
    stands = _stands(model, delivery)
    return _with(model, delivery, "leased" if stands else "dropped"), "go" if stands else "drop"


def received(model: Model, delivery: str, status: str, now: int) -> Model:
    """The model after a receipt: queued, sent, delivered, failed or unknown."""
    before = model.deliveries[delivery]
    if before in ("delivered", "failed", "dropped") or (before == "sent" and status != "delivered"):
        return model
    number, revision, step, target = _parts(delivery)
    after = _with(model, delivery, status)
    state = model.episodes[number].state
    if status == "failed":
        after = after.noted("delivery-failed", state, number)
        return after if step == "retraction" else _hurried(after, number, (revision, int(step)), now)
    if before == "sent" or status == "queued":
        return after
    if step == "retraction":
        return after.noted("retraction-told", state, number) if status != "unknown" else after
    return _told(after, number, (revision, int(step)), target, certain=status != "unknown")


def fell_back(model: Model, delivery: str, target: str, now: int) -> Model:
    """The model after a channel did not do in time: `target`, the person's next one, is to tell the same.

    Empty where there is none.
    """
    number, revision, step, _ = _parts(delivery)
    following = f"{number}:{revision}:{step}:{target}"
    if not _stands(model, delivery):
        return model
    after = replace(model, out=model.out | {delivery})
    if step != "retraction" and (not target or (revision, int(step)) <= _newest(model, number, target)):
        return _hurried(after, number, (revision, int(step)), now)
    if not target or following in model.deliveries:
        return after
    return _with(after, following, "queued").noted("fell-back", after.episodes[number].state, number)


def _with(model: Model, delivery: str, status: str) -> Model:
    return replace(model, deliveries={**model.deliveries, delivery: status})


def _stands(model: Model, delivery: str) -> bool:
    number, revision, step, target = _parts(delivery)
    episode = model.episodes[number]
    if step == "retraction":
        return episode.state == "withdrawn"
    if number != model.episode or episode.state not in ("open", "notified") or episode.quiet:
        return False
    page = revision, int(step)
    return _is_current(episode, page) and page == _newest(model, number, target)


def _hurried(model: Model, number: int, page: tuple[int, int], now: int) -> Model:
    """Who was not reached cannot answer: the next step does not wait for its time. The fallback does."""
    episode = model.episodes[number]
    plan = episode.plan
    if episode.state not in ("open", "notified") or episode.unpaged or plan is None:
        return model
    if page != (episode.paged, episode.step) or episode.level > len(plan.steps) + plan.rounds:
        return model
    if any(_may_be_reached(model, delivery) for delivery in _deliveries(model, number, page)):
        return model
    if episode.timer is None or episode.timer <= now:
        return model
    return model.put(number, replace(episode, timer=now))


def _may_be_reached(model: Model, delivery: str) -> bool:
    status = model.deliveries[delivery]
    return status in ("sent", "delivered") or (status != "failed" and delivery not in model.out)


def _deliveries(model: Model, number: int, page: tuple[int, int]) -> list[str]:
    """The deliveries of one telling, apart from those that a newer one overtook."""
    found = []
    for delivery in model.deliveries:
        other, revision, step, target = _parts(delivery)
        if step == "retraction" or (other, revision, int(step)) != (number, *page):
            continue
        if page == _newest(model, number, target):
            found.append(delivery)
    return found


def _newest(model: Model, number: int, target: str) -> tuple[int, int]:
    """Of several pages to one target (rounds of a step), only the newest is worth sending."""
    parts = (_parts(delivery) for delivery in model.deliveries)
    pages = ((r, int(s)) for n, r, s, to in parts if (n, to) == (number, target) and s != "retraction")
    return max(pages, default=(0, 0))


def _told(model: Model, number: int, page: tuple[int, int], target: str, *, certain: bool) -> Model:
    episode = model.episodes[number]
    told = episode.told if target in episode.told else (*episode.told, target)
    state = episode.state
    if certain and _is_current(episode, page):
        state = str(move(state, Event.TOLD))
    after = model.put(number, replace(episode, told=told, state=state))
    if certain:
        after = after.noted(Event.TOLD, episode.state, number)
    return after.ordered(number, "retraction", target) if state == "withdrawn" else after


def _is_current(episode: Episode, page: tuple[int, int]) -> bool:
    return not episode.unpaged and page >= episode.first


def _parts(delivery: str) -> tuple[int, int, str, str]:
    episode, revision, step, target = delivery.split(":")
    return int(episode), int(revision), step, target
