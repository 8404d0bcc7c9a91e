"""Hours of the house and of its wards: as many as they are for, in order, and with room for the tolerance."""

from collections.abc import Iterator
from datetime import time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.safety.knowledge.house_hours import FEWEST, MOST
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.policy import Policy
from services.safety.knowledge.problems import Problem
from services.safety.knowledge.ward_rules import Clocks, WardPolicy

_DAY = timedelta(days=1)


def hours(one: Placed[Policy]) -> Iterator[Problem]:
    """What is wrong with the hours of a policy and with what it says of wards."""
    house: Clocks = {}
    if one.value.hours is not None:
        house = one.value.hours.times_a_day
        yield from _stated(one, house, ("hours", "times_a_day"))
    known: dict[str, int] = {}
    for number, ward in enumerate(one.value.wards):
        yield from _stated(one, ward.times_a_day, ("wards", number, "times_a_day"))
        yield from _ward(one, ward, number, house)
        for at, name in enumerate(ward.names):
            if name in known:
                yield one.problem(
                    f"ward {name!r} is stated twice", "state it once", "wards", number, "names", at
                )
            known[name] = number


def _stated(one: Placed[Policy], stated: Clocks, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """Hours of another number than they are for, or out of order, and numbers that get none."""
    for number, clocks in stated.items():
        place = (*path, str(number))
        if not FEWEST <= number <= MOST:
            what = f"no hours can be given for {number} times a day"
            cure = f"write {FEWEST} to {MOST}; once a day may be at bedtime, which a record does not tell"
            yield one.problem(what, cure, *place)
        elif len(clocks) != number:
            what = f"{number} times a day has {len(clocks)} hours"
            yield one.problem(what, f"write {number} times of the day", *place)
        elif any(later <= earlier for earlier, later in pairwise(clocks)):
            what = f"the hours for {number} times a day are not in order"
            yield one.problem(what, "write each once, the earliest first", *place)


def _ward(one: Placed[Policy], ward: WardPolicy, number: int, house: Clocks) -> Iterator[Problem]:
    """A ward that is as the house, a zone that is none, and a tolerance by which a dose may be meant for two
    hours.
    """
    if ward.tolerance is None and not ward.times_a_day and ward.zone is None:
        cure = "state its tolerance, times_a_day or zone, or leave it out"
        yield one.problem("it says nothing that the house does not", cure, "wards", number)
    if ward.zone is not None and not _is_zone(ward.zone):
        what = f"no time zone is called {ward.zone!r}"
        yield one.problem(what, "write an IANA name such as Europe/Berlin", "wards", number, "zone")
    tolerance = one.value.dose.tolerance if ward.tolerance is None else ward.tolerance
    nearest = min(map(_nearest, ({**house, **ward.times_a_day}).values()), default=None)
    if nearest is not None and 2 * tolerance > nearest:
        what = (
            f"a tolerance of {_minutes(tolerance)} is too much for hours that are {_minutes(nearest)} apart"
        )
        cure = "write half of that at most, or hours that are further apart"
        yield one.problem(what, cure, "wards", number)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _nearest(clocks: tuple[str, ...]) -> timedelta:
    """How far apart the nearest two are, over midnight too."""
    read = sorted(time.fromisoformat(clock) for clock in clocks)
    since = [timedelta(hours=clock.hour, minutes=clock.minute) for clock in read]
    return min((b - a for a, b in pairwise([*since, *(each + _DAY for each in since[:1])])), default=_DAY)


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} min"
