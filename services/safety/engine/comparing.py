"""How an issue as last told differs from the finding that holds now.

House rule: a change is told when somebody may have to act on it; other evidence for the same thing is not.
"""

from decimal import Decimal

from schemas.base import Mode
from schemas.issues import DetectedIssue, Transition
from services.safety.checks.judgement import Finding
from services.safety.engine.state import IssueState, LastPage

NOTABLE = Decimal("1.1")
"""A level this many times the one last told is worse; last told this many times the present one, better."""


def change(known: IssueState, finding: Finding, covered: bool) -> Transition | None:
    """Worsened, eased, or nothing worth telling. `known` has to be open; `covered`: another issue tells it.

    What pages that did not page before is worse whatever else improved.
    """
    told = known.told
    if told is None:
        return Transition.RAISED
    steps = finding.severity.rank - told.severity.rank
    if (
        steps > 0
        or (steps == 0 and _notably_above(finding.level, known.level))
        or (told.retrospective and not finding.retrospective)
        or (told.shadow and not finding.shadow)
        or (told.covered_by is not None and not covered)
        or not set(finding.subjects) <= set(told.subjects)
    ):
        return Transition.WORSENED
    if (
        steps < 0
        or (finding.level < known.level and finding.level * NOTABLE <= known.level)
        or (finding.retrospective and not told.retrospective)
        or (finding.shadow and not told.shadow)
        or (covered and told.covered_by is None)
    ):
        return Transition.EASED
    return None


def told_before(last: LastPage | None, finding: Finding) -> int:
    """The revision that told as much as a finding: as severe, nearly as high, every drug of it; 0 if none."""
    if last is None or not set(finding.subjects) <= set(last.subjects):
        return 0
    steps = finding.severity.rank - last.severity.rank
    if steps > 0 or (steps == 0 and _notably_above(finding.level, last.level)):
        return 0
    return last.revision


def last_page(issue: DetectedIssue, level: Decimal, earlier: LastPage | None) -> LastPage | None:
    """The issue as a page; the earlier one where it is only shown, eases, or was told before."""
    shown_only = issue.shadow or issue.retrospective or issue.covered_by is not None
    if shown_only or issue.mode is Mode.BACKFILL or issue.told_before or issue.transition is Transition.EASED:
        return earlier
    return LastPage(revision=issue.revision, severity=issue.severity, level=level, subjects=issue.subjects)


def _notably_above(level: Decimal, other: Decimal) -> bool:
    return level >= NOTABLE * other and level > other
