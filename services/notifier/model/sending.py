"""What senders ask and report, and what it makes of an alert."""

from dataclasses import replace

from services.notifier.model.alert import Model
from services.notifier.model.episode import Episode
from services.notifier.store.lifecycle import Event, move

OFFER, HANDED_BACK = "offer", "handed-back"
"""Steps of what only one person is told, before a dash and a number."""
_RETRACTION = "retraction"
_ARRIVED = ("sent", "delivered", "read")


def leased(model: Model, delivery: str, *, now: int = 0, died: bool = False) -> tuple[Model, str]:
    """The model after a sender asked for a delivery, and the answer: go, drop or done.

    `died`: who had it before is heard of no more, and may have told it.
    """
    if model.deliveries[delivery] in (*_ARRIVED, "failed", "dropped"):
        return model, "done"
    number, revision, step, target = _parts(delivery)
    after = model
    if died and step != _RETRACTION:
        after = _told(model, number, (revision, step), target, now, certain=False)
    stands = _stands(after, delivery)
    return _with(after, delivery, "leased" if stands else "dropped"), "go" if stands else "drop"


def received(model: Model, delivery: str, status: str, now: int) -> Model:
    """The model after a receipt: queued, sent, delivered, failed or unknown."""
    before = model.deliveries[delivery]
    if before in ("delivered", "read", "failed", "dropped") or (before == "sent" and status != "delivered"):
        return model
    number, revision, step, target = _parts(delivery)
    after = _with(model, delivery, status)
    state = model.episodes[number].state
    if status == "failed":
        after = after.noted("delivery-failed", state, number)
        return _hurried(after, number, (revision, int(step)), now) if step.isdigit() else after
    if before == "sent" or status == "queued":
        return after
    if step == _RETRACTION:
        return after.noted("retraction-told", state, number) if status != "unknown" else after
    return _told(after, number, (revision, step), target, now, certain=status != "unknown")


def looked(model: Model, person: str) -> Model:
    """The model after somebody looked at the newest episode: what they were told of it is read."""
    if model.newest is None:
        return model
    after = model
    for delivery, status in model.deliveries.items():
        number, revision, step, target = _parts(delivery)
        is_theirs = number == model.episode and target.rpartition("/")[0] == person
        if not is_theirs or not step.isdigit() or status not in ("sent", "delivered"):
            continue
        if (revision, int(step)) == _newest(model, number, target):
            after = _with(after, delivery, "read")
    return after.noted("read", model.newest.state, model.episode)


def fell_back(model: Model, delivery: str, target: str, now: int) -> Model:
    """The model after a channel did not do in time: `target`, the person's next one, is to tell the same.

    Empty where there is none.
    """
    number, revision, step, _ = _parts(delivery)
    following = f"{number}:{revision}:{step}:{target}"
    if not _stands(model, delivery):
        return model
    after = replace(model, out=model.out | {delivery})
    if step.isdigit() and (not target or (revision, int(step)) <= _newest(model, number, target)):
        return _hurried(after, number, (revision, int(step)), now)
    if not target or following in model.deliveries:
        return after
    return _with(after, following, "queued").noted("fell-back", after.episodes[number].state, number)


def told_of_page(model: Model, number: int) -> set[str]:
    """The persons for whom there is an order since the newest page of an episode."""
    first = model.episodes[number].first
    parts = (_parts(delivery) for delivery in model.deliveries)
    return {
        target.rpartition("/")[0]
        for episode, revision, step, target in parts
        if episode == number and step.isdigit() and (revision, int(step)) >= first
    }


def _with(model: Model, delivery: str, status: str) -> Model:
    return replace(model, deliveries={**model.deliveries, delivery: status})


def _stands(model: Model, delivery: str) -> bool:
    number, revision, step, target = _parts(delivery)
    episode = model.episodes[number]
    if step == _RETRACTION:
        return episode.state == "withdrawn"
    if number == model.episode and not step.isdigit():
        return _is_for_them(model, number, step, target.rpartition("/")[0])
    if number != model.episode or episode.state not in ("open", "notified") or episode.quiet:
        return False
    if target.rpartition("/")[0] in episode.acks:
        return False
    page = revision, int(step)
    return _is_current(episode, page) and page == _newest(model, number, target)


def _is_for_them(model: Model, number: int, step: str, person: str) -> bool:
    """Whether an offer, or what became of one, still holds; of several only the newest is worth sending."""
    episode = model.episodes[number]
    if episode.state != "acknowledged":
        return False
    whom = episode.offered if step.startswith(OFFER) else episode.acked_by
    parts = (_parts(delivery) for delivery in model.deliveries)
    numbers = [int(s.rpartition("-")[2]) for n, _, s, _ in parts if n == number and "-" in s]
    return whom == person and int(step.rpartition("-")[2]) == max(numbers)


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
    return status in _ARRIVED or (status != "failed" and delivery not in model.out)


def _deliveries(model: Model, number: int, page: tuple[int, int]) -> list[str]:
    """The deliveries of one telling, apart from those that a newer one overtook."""
    found = []
    for delivery in model.deliveries:
        other, revision, step, target = _parts(delivery)
        if not step.isdigit() or (other, revision, int(step)) != (number, *page):
            continue
        if page == _newest(model, number, target):
            found.append(delivery)
    return found


def _newest(model: Model, number: int, target: str) -> tuple[int, int]:
    """Of several pages to one target (rounds of a step), only the newest is worth sending."""
    parts = (_parts(delivery) for delivery in model.deliveries)
    pages = ((r, int(s)) for n, r, s, to in parts if (n, to) == (number, target) and s.isdigit())
    return max(pages, default=(0, 0))


def _told(model: Model, number: int, page: tuple[int, str], target: str, now: int, *, certain: bool) -> Model:
    revision, step = page
    episode = model.episodes[number]
    told = episode.told if target in episode.told else (*episode.told, target)
    state, heard = episode.state, replace(episode, told=told)
    if certain and step.isdigit() and _is_current(episode, (revision, int(step))):
        state = str(move(state, Event.TOLD))
        heard = _heard(replace(heard, state=state), now)
    after = model.put(number, heard)
    if certain:
        event = Event.TOLD if step.isdigit() else f"{step.rpartition('-')[0]}-told"
        after = after.noted(event, episode.state, number)
    return after.ordered(number, "retraction", target) if state == "withdrawn" else after


def _heard(episode: Episode, now: int) -> Episode:
    """Somebody has heard of it: from now on its time runs, and may end before the next step is told."""
    if episode.told_at:
        return episode
    told = replace(episode, told_at=now)
    gone = told.expires_at
    if gone is None or told.timer is None or told.timer <= gone or told.state not in ("open", "notified"):
        return told
    return replace(told, timer=gone)


def _is_current(episode: Episode, page: tuple[int, int]) -> bool:
    return not episode.unpaged and page >= episode.first


def _parts(delivery: str) -> tuple[int, int, str, str]:
    episode, revision, step, target = delivery.split(":")
    return int(episode), int(revision), step, target
