"""A base without its policy, its naming words or its count of sedating classes cannot judge."""

from collections.abc import Iterator

from services.safety.knowledge.layers import Layer
from services.safety.knowledge.problems import Problem

_NEEDED = {
    "alcohol_evidence": ("alcohol.yaml", "the codes that prove alcohol use (evidence)"),
    "cns_load": ("cns.yaml", "the count of sedating classes"),
    "kidneys": ("kidneys.yaml", "how kidney function is told"),
    "childbearing": ("pregnancy.yaml", "how pregnancy and breastfeeding are told"),
    "policy": ("policy.yaml", "the policy"),
    "naming": ("naming.yaml", "the words for recognising products"),
    "drugs": ("drugs", "any drug"),
}


def completeness(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """What must be there once and is not."""
    del site
    for part, (file, what) in _NEEDED.items():
        if not getattr(shipped, part) and file not in shipped.broken:
            yield Problem(file, 1, f"{what} is missing from the shipped base", f"restore {file}")
