"""How an issue as last told differs from the finding that holds now.

House rule: a change is told when somebody may have to act on it; other evidence for the same thing is not.
"""

from decimal import Decimal

from schemas.issues import Transition
from services.safety.checks.judgement import Finding
from services.safety.engine.state import IssueState

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
        or (steps == 0 and finding.level >= NOTABLE * known.level and finding.level > known.level)
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
