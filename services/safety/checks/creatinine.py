"""Whether creatinine has risen so fast that no formula can be trusted."""

from services.safety.checks.judgement import View
from services.safety.checks.measured import measured, readings_since
from services.safety.knowledge.kidneys import UnstableCreatinine

CREATININE = "creatinine"


def unstable(view: View, rule: UnstableCreatinine) -> bool:
    """Whether the creatinine that counts is that much above one taken not too long before it."""
    newest = measured(view, CREATININE)[0].reading
    if newest is None:
        return False
    for earlier in readings_since(view, CREATININE, newest.at - max(rule.within, rule.within_times)):
        ago = newest.at - earlier.at
        if ago <= rule.within and newest.value - earlier.value >= rule.by:
            return True
        if ago <= rule.within_times and newest.value >= earlier.value * rule.times:
            return True
    return False
