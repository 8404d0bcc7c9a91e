"""Whether creatinine has risen so fast that no formula can be trusted."""

from services.safety.checks.judgement import View
from services.safety.checks.measured import every_reading
from services.safety.knowledge.kidneys import UnstableCreatinine

CREATININE = "creatinine"


def unstable(view: View, rule: UnstableCreatinine) -> bool:
    """Whether the newest creatinine is that much above one taken not too long before it."""
    readings = every_reading(view, CREATININE)
    if not readings:
        return False
    newest = readings[-1]
    for earlier in readings[:-1]:
        ago = newest.at - earlier.at
        if ago <= rule.within and newest.value - earlier.value >= rule.by:
            return True
        if ago <= rule.within_times and newest.value >= earlier.value * rule.times:
            return True
    return False
