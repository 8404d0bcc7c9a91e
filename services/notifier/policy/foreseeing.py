"""When, in the days to come, a step would find nobody on duty."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from services.notifier.policy.assembling import Written
from services.notifier.policy.references import kind_and_name
from services.notifier.policy.shifts import Duty
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.ways import WayAt, ways
from services.safety.knowledge.problems import Problem

DEFAULT_DAYS = 28


def gaps_ahead(written: Written, policy: SitePolicy, now: datetime, days: int) -> list[Problem]:
    """Where a rota has nobody on duty from `now` on: each rota at its first gap.

    This alone leaves nobody untold as long as each step names somebody else as well.
    """
    until = now + timedelta(days=days)
    found = []
    for number, row in enumerate(written.rotas.value.rotas):
        gaps = policy.rotas[row.id].gaps(now, until)
        if gaps:
            what = f"nobody is on duty by {row.id!r} {_when(gaps, policy)}"
            found.append(written.rotas.problem(what, "add a shift or a cover", "rotas", number))
    return found


def untold_ahead(written: Written, policy: SitePolicy, now: datetime, days: int) -> list[Problem]:
    """Where a step or a fallback would tell nobody at all, from `now` on: each at its first such time."""
    until = now + timedelta(days=days)
    gaps = {name: rota.gaps(now, until) for name, rota in policy.rotas.items()}
    return [problem for at in ways(policy.routes) for problem in _untold(written, policy, at, gaps)]


def _untold(
    written: Written, policy: SitePolicy, at: WayAt, gaps: dict[str, tuple[Duty, ...]]
) -> Iterator[Problem]:
    rows = [(step.tell, ("steps", number)) for number, step in enumerate(at.way.steps)]
    for refs, place in [*rows, (at.way.fallback, ("fallback",))]:
        for ward in at.wards or ("",):
            empty = _common([gaps[rota] for rota in rotas]) if (rotas := _rotas(policy, refs, ward)) else ()
            if empty:
                on = f" for ward {ward!r}" if ward else ""
                what = f"the step tells nobody{on} {_when(empty, policy)}: no rota of it has anybody on duty"
                cure = "add a shift or a cover in rotas.yaml, or name somebody else as well"
                yield written.routes.problem(what, cure, *at.place, *place)
                break


def _rotas(policy: SitePolicy, refs: Iterable[str], ward: str) -> list[str]:
    """The rotas that a step depends on; none where it names a person, who is always there."""
    found = []
    for ref in refs:
        kind, name, _ = kind_and_name(ref)
        if kind == "person":
            return []
        found.append(policy.serving[ward, name] if kind == "role" else name)
    return found


def _common(all_gaps: list[tuple[Duty, ...]]) -> tuple[Duty, ...]:
    """The stretches that are in a gap of each."""
    common = all_gaps[0]
    for gaps in all_gaps[1:]:
        pairs = ((max(a.start, b.start), min(a.end, b.end)) for a in common for b in gaps)
        common = tuple(Duty(start, end, ()) for start, end in pairs if start < end)
    return common


def _when(gaps: tuple[Duty, ...], policy: SitePolicy) -> str:
    first, last = (instant.astimezone(policy.zone) for instant in (gaps[0].start, gaps[0].end))
    more = f", the first of {len(gaps)} such times" if len(gaps) > 1 else ""
    return f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}{more}"
