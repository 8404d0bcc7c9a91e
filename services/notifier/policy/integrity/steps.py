"""Steps that would never come, or come too late to matter."""

from collections.abc import Iterator
from datetime import timedelta

from services.notifier.policy.assembling import Written
from services.notifier.policy.ways import WayAt, ways
from services.safety.knowledge.problems import Problem


def problems(written: Written) -> Iterator[Problem]:
    """Steps without a time, out of order, or behind an acknowledgement that ends before they could come."""
    for at in ways(written.routes.value):
        yield from _unreachable(written, at)
        yield from _short_acknowledgement(written, at)
        yield from _nobody_new(written, at)


def _unreachable(written: Written, at: WayAt) -> Iterator[Problem]:
    before = timedelta(0)
    for number, step in enumerate(at.way.steps[1:], start=1):
        place = (*at.place, "steps", number)
        if step.unanswered is None:
            what, cure = "the step has no time", "say unanswered: after how long without an answer"
            yield written.routes.problem(what, cure, *place)
            continue
        if step.unanswered <= before:
            what = f"the step cannot be reached: the one before it comes {_after(before)}"
            cure = "give each step a longer unanswered than the one before it"
            yield written.routes.problem(what, cure, *place, "unanswered")
        before = max(before, step.unanswered)


def _short_acknowledgement(written: Written, at: WayAt) -> Iterator[Problem]:
    second = at.way.steps[1].unanswered
    if second is not None and at.way.acknowledged_for < second:
        what = "an acknowledgement ends before an alert without one would be told again"
        cure = f"make acknowledged_for at least as long as the second step's unanswered ({_span(second)})"
        yield written.routes.problem(what, cure, *at.place, "acknowledged_for")


def _nobody_new(written: Written, at: WayAt) -> Iterator[Problem]:
    last = at.way.steps[-1]
    if last.by is None and set(at.way.fallback) <= set(last.tell):
        what = "the fallback tells nobody but those who have not answered the last step"
        yield written.routes.problem(what, "name somebody else as the fallback", *at.place, "fallback")


def _after(wait: timedelta) -> str:
    return f"after {_span(wait)}" if wait else "at once"


def _span(wait: timedelta) -> str:
    minutes, seconds = divmod(int(wait.total_seconds()), 60)
    return f"{minutes} min" if not seconds else f"{int(wait.total_seconds())} s"
