"""A knowledge base as large as a commercial one: the shipped rows and made-up ones beside them.

What the made-up rows say is meaningless; their number is what is measured. Every shipped drug takes part in
about as many made-up pairs as a made-up one does.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random

from schemas.base import Severity
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.interacting import Interaction
from services.safety.knowledge.models import Certainty, Drug, Source, Status

DRUGS, PAIRS = 10_000, 100_000
_SOURCE = Source(title="Made up for the benchmark", section="none")


def enlarged(shipped: KnowledgeBase, drugs: int = DRUGS, pairs: int = PAIRS, seed: int = 1) -> KnowledgeBase:
    """The shipped base with made-up drugs up to `drugs` and `pairs` made-up interactions."""
    random = Random(seed)
    made_up = (f"synthetic {number}" for number in range(drugs - len(shipped.drugs)))
    known = {**shipped.drugs, **{name: Drug(drug=name, source=_SOURCE) for name in made_up}}
    names = sorted(known)
    fakes = [name for name in names if name not in shipped.drugs]
    chosen: dict[tuple[str, str], None] = {}
    while len(chosen) < pairs:
        one, other = random.choice(names), random.choice(fakes)
        if one != other:
            chosen[min(one, other), max(one, other)] = None
    rows = (_pair(number, one, other) for number, (one, other) in enumerate(chosen))
    return replace(
        shipped, version="benchmark-large", drugs=known, interactions=(*shipped.interactions, *rows)
    )


def _pair(number: int, one: str, other: str) -> Interaction:
    return Interaction(
        id=f"synthetic-{number}",
        source=_SOURCE,
        status=Status.DRAFT,
        certainty=Certainty.UNSURE,
        action="None: this row is made up for a benchmark.",
        between=(f"drug:{one}", f"drug:{other}"),
        severity=Severity.MODERATE,
        exposure=timedelta(hours=24),
    )
