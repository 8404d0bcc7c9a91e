"""Whether an issue may page at all, and if not, why.

What does not page is recorded and listed all the same.
"""

from dataclasses import dataclass

from schemas.base import Mode
from schemas.issues import DetectedIssue, Transition
from services.notifier.tiers import SILENT_TIER, TierPolicy

NOT_ASSESSED = "not-assessed"


@dataclass(frozen=True, slots=True)
class Paging:
    """The tier, and the reason for staying quiet (empty when it may page)."""

    tier: int
    quiet: str

    @property
    def pages(self) -> bool:
        return not self.quiet


def paging_of(issue: DetectedIssue, policy: TierPolicy) -> Paging:
    """How an issue is told by the site's policy. The first reason that holds is given."""
    tier = policy.tier(issue.severity, issue.high_alert)
    if issue.mode is Mode.BACKFILL:
        return Paging(tier, "backfill")
    if issue.shadow:
        return Paging(tier, "shadow")
    if issue.check == NOT_ASSESSED:
        return Paging(tier, NOT_ASSESSED)
    if issue.covered_by is not None:
        return Paging(tier, "covered")
    if tier == SILENT_TIER:
        return Paging(tier, "advisory")
    return Paging(tier, "")


def calls(issue: DetectedIssue, policy: TierPolicy) -> bool:
    """Whether this transition alone would call somebody: raised or worsened, and not told before.

    Settling is not counted: an issue that ends within its settling time counts as a page here.
    """
    return (
        issue.transition in (Transition.RAISED, Transition.WORSENED)
        and not issue.told_before
        and paging_of(issue, policy).pages
    )
