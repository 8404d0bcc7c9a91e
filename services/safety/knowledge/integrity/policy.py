"""The policy speaks of checks by their ids; one that no check has is a slip of the pen."""

from collections.abc import Iterator

from services.safety.knowledge.layers import Layer
from services.safety.knowledge.problems import Problem

CHECK_IDS = frozenset(
    [
        "single-dose",
        "first-dose",
        "naive-dose",
        "loading-dose",
        "cumulative-dose",
        "prescribed-dose",
        "projected-dose",
        "infusion-rate",
        "dose-interval",
        "as-needed-maximum",
        "duration",
        "renal-dose",
        "renal-schedule",
        "hepatic-dose",
        "titration",
        "withdrawal",
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
    """Settling times of checks that do not exist."""
    for layer in (shipped, site):
        for one in layer.policy:
            for check in one.value.settle:
                if check not in CHECK_IDS:
                    what = f"there is no check {check!r}"
                    yield one.problem(what, f"use one of {', '.join(sorted(CHECK_IDS))}", "settle", check)
