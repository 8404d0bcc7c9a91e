"""Whether creatinine has risen so fast that no formula can be trusted."""

from services.safety.checks.judgement import View
from services.safety.checks.patient.lows import lowest_since
from services.safety.checks.patient.measured import measured
from services.safety.knowledge.kidneys import UnstableCreatinine

CREATININE = "creatinine"


def unstable(view: View, rule: UnstableCreatinine) -> bool:
    """Whether the creatinine that counts is that much above one taken not too long before it."""
    newest = measured(view, CREATININE)[0].reading
    if newest is None:
        return False
    near, far = lowest_since(view, CREATININE, newest.at - rule.within, newest.at - rule.within_times)
    return (near is not None and newest.value - near >= rule.by) or (
        far is not None and newest.value >= far * rule.times
    )
