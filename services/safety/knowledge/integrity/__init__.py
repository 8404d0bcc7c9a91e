"""What one file alone cannot show: rows that clash, names that lead nowhere, rules that can never speak."""

from collections.abc import Iterator

from services.safety.knowledge.integrity.codes import code_maps
from services.safety.knowledge.integrity.completeness import completeness
from services.safety.knowledge.integrity.identity import drug_names, row_ids
from services.safety.knowledge.integrity.intervals import intervals
from services.safety.knowledge.integrity.limits import limits
from services.safety.knowledge.integrity.overlay import overlay
from services.safety.knowledge.integrity.policy import policy
from services.safety.knowledge.integrity.references import references
from services.safety.knowledge.integrity.rows import rows
from services.safety.knowledge.layers import Layer
from services.safety.knowledge.problems import Problem

_RULES = (completeness, row_ids, drug_names, rows, limits, intervals, references, code_maps, policy, overlay)


def problems(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Everything wrong with the shipped rows and a site's rows taken together."""
    for rule in _RULES:
        yield from rule(shipped, site)
