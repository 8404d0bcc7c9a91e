"""Limits that cannot be meant, or that can never speak.

The WHO's defined daily dose is a yardstick: a daily limit below it, or any limit above twenty of it, is
usually a slip of unit or decimal point.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from schemas.medications import Route
from schemas.quantities import Quantity, base
from services.safety.knowledge.layers import Layer
from services.safety.knowledge.models import ANYWHERE, DefinedDailyDose, Limit, LimitKind, Row, Status
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.problems import Problem

_MOST = 20
_BY_MOUTH = frozenset({Route.ORAL, Route.ENTERAL})
_DAY_SECONDS = 86_400


def limits(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Limits far from the defined daily dose, for no age, or never the first to speak."""
    superseded = {row.value.supersedes for layer in (shipped, site) for row in layer.rows()}
    known: defaultdict[str, list[DefinedDailyDose]] = defaultdict(list)
    stated: defaultdict[str, list[Placed[Limit]]] = defaultdict(list)
    for layer in (shipped, site):
        for drug in layer.drugs:
            known[drug.value.drug] += drug.value.ddd
            stated[drug.value.drug] += [
                drug.part(row, "limits", at)
                for at, row in enumerate(drug.value.limits)
                if row.id not in superseded
            ]
    for drug_name, placed in stated.items():
        for one in placed:
            yield from _something(one)
            yield from _ages(one)
            yield from _yardstick(one, known[drug_name])
            yield from _unreachable(one, placed)


def _something(one: Placed[Limit]) -> Iterator[Problem]:
    if one.value.value.value == 0:
        yield one.problem("a limit of nothing forbids every dose", "give the amount that is allowed", "value")
    if not one.value.window:
        yield one.problem("a window without length holds no dose", "write it like 24 h", "window")


def _ages(one: Placed[Limit]) -> Iterator[Problem]:
    row = one.value
    if row.age_from is not None and row.age_below is not None and row.age_below <= row.age_from:
        yield one.problem("no age lies from age_from to below age_below", "correct the ages", "age_below")
    low, high = row.weight_from, row.weight_below
    if low is not None and high is not None and high <= low:
        yield one.problem(
            "no weight lies from weight_from to below weight_below", "correct the weights", "weight_below"
        )


def _yardstick(one: Placed[Limit], known: list[DefinedDailyDose]) -> Iterator[Problem]:
    row = one.value
    if row.ddd_note or row.per is not None:
        return
    for ddd in known:
        if not _same_way(ddd.route, row):
            continue
        ratio = _times(row, ddd.value)
        if ratio is None:
            continue
        if ratio > _MOST:
            what = f"{row.value} is more than {_MOST} defined daily doses ({ddd.value})"
        elif row.kind is LimitKind.DAILY and ratio < 1:
            what = f"{row.value} is less than one defined daily dose ({ddd.value})"
        else:
            continue
        yield one.problem(what, "check value and unit; if it is right, say why in ddd_note", "value")


def _same_way(route: Route, row: Limit) -> bool:
    return route in row.routes or (route in _BY_MOUTH and bool(_BY_MOUTH & set(row.routes)))


def _times(row: Limit, ddd: Quantity) -> Decimal | None:
    value, dimension = base(row.value.value, row.value.unit)
    yardstick, other = base(ddd.value, ddd.unit)
    seconds = _DAY_SECONDS if row.kind is LimitKind.SINGLE else int(row.window.total_seconds())
    allowed = yardstick * seconds / _DAY_SECONDS
    return value / allowed if dimension == other and allowed else None


def _unreachable(one: Placed[Limit], others: list[Placed[Limit]]) -> Iterator[Problem]:
    for other in others:
        if other is not one and _covers(other.value, one.value) and _speaks_first(other.value, one.value):
            newer, older = (other, one) if other.document.shown != other.document.file else (one, other)
            what = f"{one.value.id} never speaks first: {other.value.id} allows no more, wherever it applies"
            cure = f"remove one of the two, or let this row supersede {older.value.id}"
            yield newer.problem(what, cure)
            return


def _covers(wide: Limit, narrow: Limit) -> bool:
    return (
        wide.kind is narrow.kind
        and (wide.window, wide.reckoning) == (narrow.window, narrow.reckoning)
        and (wide.only_in, wide.not_in) in ((None, None), (narrow.only_in, narrow.not_in))
        and wide.jurisdiction in (ANYWHERE, narrow.jurisdiction)
        and set(narrow.routes) <= set(wide.routes)
        and wide.release in (None, narrow.release)
        and (wide.age_from or Decimal(0)) <= (narrow.age_from or Decimal(0))
        and (wide.age_below is None or (narrow.age_below is not None and narrow.age_below <= wide.age_below))
        and (wide.per, wide.weight_from, wide.weight_below)
        == (narrow.per, narrow.weight_from, narrow.weight_below)
        and _always(wide)
    )


def _always(row: Row) -> bool:
    return row.valid_from is None and row.valid_to is None


def _speaks_first(wide: Limit, narrow: Limit) -> bool:
    if wide.status is Status.DRAFT and narrow.status is not Status.DRAFT:
        return False
    strict, dimension = base(wide.value.value, wide.value.unit)
    loose, other = base(narrow.value.value, narrow.value.unit)
    if dimension != other:
        return False
    return strict < loose or (strict == loose and wide.id < narrow.id)
