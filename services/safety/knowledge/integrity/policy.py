"""The policy speaks of checks by their ids; one that no check has is a slip of the pen."""

from collections.abc import Iterator

from services.safety.knowledge.integrity.hours import hours
from services.safety.knowledge.layers import Layer
from services.safety.knowledge.problems import Problem

CHECK_IDS = frozenset(
    [
        "single-dose",
        "first-dose",
        "naive-dose",
        "loading-dose",
        "screened-start",
        "screening-dose",
        "cumulative-dose",
        "prescribed-dose",
        "projected-dose",
        "infusion-rate",
        "infusion-time",
        "dose-interval",
        "as-needed-maximum",
        "doubled-dose",
        "duration",
        "renal-dose",
        "renal-schedule",
        "hepatic-dose",
        "result-limit",
        "titration",
        "withdrawal",
        "refill",
        "interaction",
        "alcohol",
        "cns-depression",
        "opioid-load",
        "duplicate-therapy",
        "double-charting",
        "allergy",
        "condition",
        "pregnancy",
        "lactation",
        "age",
        "adverse-effect",
        "monitoring",
        "benefit-review",
        "not-assessed",
    ]
)
"""The ids of all checks, present and planned: names that others script against."""


def policy(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Checks that do not exist, measurements that are not known, and hours that do not fit."""
    measures = frozenset(one.value.id for layer in (shipped, site) for one in layer.measurements)
    for layer in (shipped, site):
        for one in layer.policy:
            yield from hours(one)
            for check in one.value.settle:
                if check not in CHECK_IDS:
                    what = f"there is no check {check!r}"
                    yield one.problem(what, f"use one of {', '.join(sorted(CHECK_IDS))}", "settle", check)
            for number, row in enumerate(one.value.follow_up):
                for at, check in enumerate(row.checks):
                    if check not in CHECK_IDS:
                        what = f"there is no check {check!r}"
                        cure = f"use one of {', '.join(sorted(CHECK_IDS))}"
                        yield one.problem(what, cure, "follow_up", number, "checks", at)
                for at, name in enumerate(row.any_of):
                    if name not in measures:
                        what = f"unknown measurement {name!r}"
                        cure = "add it to measurements.yaml or correct it"
                        yield one.problem(what, cure, "follow_up", number, "any_of", at)
