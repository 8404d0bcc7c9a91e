"""Who would be told of an alert nobody answers: each telling, when, whom, by what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from services.notifier.policy.deciding import Subject
from services.notifier.policy.ladder import asks_everybody, rung, wait_s
from services.notifier.policy.plan import Target
from services.notifier.policy.routes import QUIETEST_THAT_PAGES, LowTiers
from services.notifier.policy.site import SitePolicy


@dataclass(frozen=True, slots=True)
class Telling:
    """One telling of an alert, by the rota of its instant. Empty `targets`: nobody is on duty then."""

    step: str
    at: datetime
    refs: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a policy would do about an alert that nobody answers, up to the first fallback.

    `held`: why the first page waits; empty when it does not. `low`: how its pages go together with others,
    which only those of tier 3 do.
    """

    route: str
    held: str
    tellings: tuple[Telling, ...]
    acknowledged_for: timedelta
    expires_after: timedelta | None
    low: LowTiers | None


def foreseen(policy: SitePolicy, subject: Subject, at: datetime) -> Foreseen:
    """What would become of an alert that may page from `at` on."""
    hold = policy.hold(subject, at)
    now = hold.until if hold is not None else at
    plan = policy.plan(subject, now)
    tellings = []
    for level in range(len(plan.steps) + plan.rounds + 1):
        now += timedelta(seconds=wait_s(plan, level) if level else 0)
        telling = rung(plan, level)
        name = "fallback" if telling.fallback else f"step {min(level + 1, len(plan.steps))}"
        again = level - len(plan.steps) + 1
        name += f", again ({again})" if again > 0 and not telling.fallback else ""
        name += ", each must acknowledge" if asks_everybody(plan, level + 1) else ""
        tellings.append(Telling(name, now, telling.refs, policy.resolve(telling.refs, now)))
    held = f"{hold.reason} until {_shown(hold.until, policy.zone)}" if hold is not None else ""
    expires = timedelta(seconds=plan.expire_s) if plan.expire_s else None
    low = policy.low_tiers if subject.tier >= QUIETEST_THAT_PAGES and not subject.technical else None
    return Foreseen(plan.route, held, tuple(tellings), timedelta(seconds=plan.ack_s), expires, low)


def foreseen_table(found: Foreseen, zone: ZoneInfo) -> Table:
    """A row for each telling; times by the ward's clock."""
    title = f"route {found.route}" + (f", held: {found.held}" if found.held else "")
    table = Table(title=title, caption=low_in_words(found.low) if found.low else None)
    for heading in ("step", "at", "who", "by", "because of"):
        table.add_column(heading, overflow="fold")
    for telling in found.tellings:
        at, refs = _shown(telling.at, zone), ", ".join(telling.refs)
        who = persons(telling.targets)
        table.add_row(
            telling.step,
            at,
            "\n".join(who) or "NOBODY is on duty",
            "\n".join(", ".join(channels) for channels in who.values()),
            refs,
        )
    return table


def foreseen_as_json(found: Foreseen) -> dict[str, Any]:
    """The same for programs; times in UTC."""
    return {
        "route": found.route,
        "held": found.held,
        "acknowledged_for_s": int(found.acknowledged_for.total_seconds()),
        "expires_after_s": int(found.expires_after.total_seconds()) if found.expires_after else None,
        "low_tiers": found.low.model_dump(mode="json") if found.low else None,
        "tellings": [
            {
                "step": telling.step,
                "at": telling.at.isoformat(),
                "references": list(telling.refs),
                "targets": [str(target) for target in telling.targets],
            }
            for telling in found.tellings
        ],
    }


def low_in_words(low: LowTiers) -> str:
    """How pages of low tiers go, in a sentence."""
    said = f"each page waits up to {_span(low.together)} for others of the patient and goes with them as one"
    if low.throttle is None:
        return said
    return (
        f"{said}; at most {low.throttle.pages} such pages in {_span(low.throttle.within)} for one person, "
        "the rest follows as a digest"
    )


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def persons(targets: Sequence[Target]) -> dict[str, list[str]]:
    """The channels of each person, in order."""
    found: dict[str, list[str]] = {}
    for target in targets:
        found.setdefault(target.person, []).append(target.channel)
    return found


def _shown(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M %Z")
