"""Issues as the engine would send them, with only what a test is about spelled out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.base import Mode, Severity, TimeDomain
from schemas.issues import DetectedIssue, NotAssessedReason, Transition
from services.notifier.policy.default import DeskPolicy
from services.notifier.tiers import SHIPPED_TIERS, load_tiers

MORNING = datetime(2130, 5, 4, 8, 0, tzinfo=UTC)
"""When stories begin, in the simulated time domain."""

TIERS = load_tiers(SHIPPED_TIERS)
DESK_POLICY = DeskPolicy(("terminal", "webhook"))
PATIENT = "b8d2c1f0a9e84763b8d2c1f0a9e84763"
ISSUE = "4fd1e0c39a6b4d2f8e7a6b5c4d3e2f10"


def after(**amount: float) -> datetime:
    """A moment after the morning began, for example `after(minutes=5)`."""
    return MORNING + timedelta(**amount)


def finding(
    transition: Transition = Transition.RAISED, revision: int = 1, episode: int = 1, **changes: Any
) -> DetectedIssue:
    """A cumulative baclofen overdose in the simulated time domain, due to page at once. Told again
    (`republished`) it has the transition's id that it had.
    """
    again = Transition.RAISED if revision == 1 else Transition.WORSENED
    told_as = again if transition is Transition.REPUBLISHED else transition
    closing = transition in (Transition.RESOLVED, Transition.WITHDRAWN, Transition.MOVED)
    at = changes.pop("at", after(minutes=revision - 1))
    content: dict[str, Any] = {
        "issue_id": ISSUE,
        "patient": PATIENT,
        "check": "cumulative-dose",
        "severity": Severity.MAJOR,
        "open": not closing,
        "transition": transition,
        "transition_id": f"{told_as.value}-{episode}-{revision}",
        "episode": episode,
        "revision": revision,
        "at": at,
        "raised_at": MORNING,
        "page_from": at,
        "because": f"{transition.value} by a dose",
        "cause_event": f"event-{episode}-{revision}",
        "subjects": ("baclofen",),
        "mode": Mode.LIVE,
        "time_domain": TimeDomain.SIMULATED,
        "ward": "Neurology 2",
        "text": "baclofen 95 mg in 24 h is over the limit of 80 mg",
        "knowledge_version": "7-abcdef",
        "evidence": {"sum": "95 mg", "limit": "80 mg"},
    }
    return DetectedIssue(**{**content, **changes})


def not_assessed(**changes: Any) -> DetectedIssue:
    """The renal dose could not be looked at."""
    return finding(
        check="not-assessed",
        reason=NotAssessedReason.MISSING_RENAL_FUNCTION,
        severity=Severity.MINOR,
        **changes,
    )
