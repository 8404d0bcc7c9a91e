"""Rules about the time between doses, or in which so much may run, that can never speak."""

from collections.abc import Iterator

from services.safety.knowledge.kinds.infusion_rate import InfusionRate
from services.safety.knowledge.kinds.interval import Interval
from services.safety.knowledge.layers import Layer
from services.safety.knowledge.problems import Problem


def intervals(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Intervals that take no time, and rates of which nothing may run, or in no time."""
    for layer in (shipped, site):
        for one in layer.rules:
            if isinstance(one.value, Interval) and not one.value.at_least:
                yield one.problem(
                    "an interval of no time holds nothing back", "write it like 4 h", "at_least"
                )
            if isinstance(one.value, InfusionRate) and not (one.value.within and one.value.at_most.value):
                yield one.problem("a rate needs an amount and a time", "write them like 50 mg and 1 min")
