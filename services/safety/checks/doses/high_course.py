"""The course in which more of a drug is scheduled each day than some amount, as the orders state it."""

from datetime import datetime, timedelta

from services.safety.checks.amounts.daily_excess import DailyMost
from services.safety.checks.amounts.prescribed_level import levels
from services.safety.checks.judgement import View
from services.safety.checks.use.course import Course


def high_course(
    view: View, ingredient: str, most: DailyMost, gap: timedelta
) -> tuple[Course | None, datetime | None]:
    """The course above `most` a day that goes on now, and when time alone may next change that.

    A lower day, or none, begins a new course once it has lasted for `gap`; so does one that nobody can
    calculate. What is given without a scheduled order is no part of it.
    """
    start: datetime | None = None
    lower_since: datetime | None = None
    entities: list[str] = []
    high = False
    for level in levels(view, ingredient, most.routes, most.dimension):
        if level.at > view.now:
            return _present(view, start, entities, high=high), level.at
        high = level.per_day is not None and level.per_day > most.value
        if not high:
            lower_since = lower_since or level.at
            continue
        if start is None or (lower_since is not None and level.at - lower_since >= gap):
            start, entities = level.at, []
        lower_since = None
        entities += level.entities
    return _present(view, start, entities, high=high), None


def _present(view: View, start: datetime | None, entities: list[str], *, high: bool) -> Course | None:
    if start is None or not high:
        return None
    return Course(start, view.now, tuple(dict.fromkeys(entities)), active=True)
