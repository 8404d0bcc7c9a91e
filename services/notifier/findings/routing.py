"""How one finding is told under the site's policy: by which plan, to whom now, and from when on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.issues import DetectedIssue
from services.notifier.findings.paging import Paging
from services.notifier.policy.deciding import Hold, Policy, Subject
from services.notifier.policy.plan import Plan, Target
from services.notifier.store.identifiers import SYSTEM_PATIENT

_HELD_TIERS = frozenset((3, 4))


@dataclass(frozen=True, slots=True)
class Routing:
    """`targets` are those of the first step as it stands now; `held` says why a page waits longer than it
    has to hold, which is until `settled`; `silence` is the id of the one that it waits for. A finding that
    does not page has no plan.
    """

    plan: Plan | None
    targets: tuple[Target, ...]
    page_from: datetime
    held: str = ""
    silence: str = ""
    settled: datetime | None = None


def hold_until(policy: Policy, subject: Subject, now: datetime) -> Hold | None:
    """Until when a page waits, and why; None where it may go, as those of tiers 1 and 2 always may."""
    hold = policy.hold(subject, now) if subject.tier in _HELD_TIERS else None
    return hold if hold is not None and hold.until > now else None


def routing_of(issue: DetectedIssue, paging: Paging, policy: Policy, now: datetime) -> Routing:
    """The routing of an issue at `now`, in the issue's own time domain."""
    if not paging.pages:
        return Routing(None, (), issue.page_from)
    technical = issue.patient == SYSTEM_PATIENT
    subject = Subject(issue.ward, paging.tier, issue.check, technical, issue.patient)
    plan = policy.plan(subject, now)
    first = plan.steps[0]
    page_from = issue.page_from + timedelta(seconds=first.after_s)
    hold = hold_until(policy, subject, max(now, page_from))
    return Routing(
        plan,
        policy.resolve(first.to, now),
        max(page_from, hold.until) if hold else page_from,
        hold.reason if hold else "",
        hold.silence if hold else "",
        page_from,
    )
