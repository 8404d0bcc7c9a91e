"""What would count as watching for the danger of a finding, and whether an observation does."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from schemas.base import Mode
from schemas.clinical import Observation
from services.safety.checks.patient.measured import value_of
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.monitoring import Monitoring
from services.safety.knowledge.measurements import Measurement
from services.safety.knowledge.policy import FollowUp
from services.safety.ledger.entries import Observed
from services.safety.ledger.timeline import Timeline

Readings = Mapping[str, Timeline[Observed]]
_SPAN, _MANY = timedelta(minutes=5), 2
"""A monitor states its figure each minute. Of such a stream one record in `_SPAN` is enough to keep a
promise, which is made for hours; what is observed less often is told each time.
"""


@lru_cache(maxsize=16_384)
def monitored_by(knowledge: KnowledgeBase, check: str, drugs: tuple[str, ...]) -> tuple[str, ...]:
    """Names of measurements and observed codes, in order; empty where nothing counts."""
    found: set[str] = set()
    for row in knowledge.policy.follow_up:
        if check in row.checks and (not row.sedating or any(map(knowledge.sedating, drugs))):
            found.update(row.any_of, row.codes, _asked_by(knowledge, row, drugs))
    return tuple(sorted(found))


@lru_cache(maxsize=64)
def codes_that_count(knowledge: KnowledgeBase) -> frozenset[str]:
    """Every code that counts as watching for anything."""
    rows = knowledge.policy.follow_up
    names = {name for row in rows for name in row.any_of}
    if any(row.asked_by_drug for row in rows):
        names.update(name for one in knowledge.rules_of_kind(Monitoring) for name in one.any_of)
    known = (knowledge.measurements.get(name) for name in names)
    codes = {code for measurement in known if measurement is not None for code in measurement.codes}
    return frozenset(codes.union(*(row.codes for row in rows)))


def watched(knowledge: KnowledgeBase, fact: Observation, names: tuple[str, ...]) -> str | None:
    """Which of `names` an observation is; None for none of them, or where its value cannot be used.

    A measurement needs a value in its unit and within what is plausible; any other code a value or a text.
    """
    for coding in fact.codings:
        code = f"{coding.system}|{coding.code}"
        for name, measurement in _named(knowledge, code, names):
            if measurement is None:
                if fact.value is not None or fact.text:
                    return name
            else:
                stated = Observed(fact.entity, fact.effective_at, code, fact)
                if isinstance(value_of(measurement, stated), Decimal):
                    return name
    return None


@lru_cache(maxsize=8_192)
def _named(
    knowledge: KnowledgeBase, code: str, names: tuple[str, ...]
) -> tuple[tuple[str, Measurement | None], ...]:
    """Which of the names a code is one of: a measurement that has it, or the code itself."""
    known = ((name, knowledge.measurements.get(name)) for name in names)
    return tuple((name, one) for name, one in known if (name == code if one is None else code in one.codes))


def is_one_of_many(
    knowledge: KnowledgeBase, readings: Readings, fact: Observation, what: str, since: datetime
) -> bool:
    """Whether what was observed of `what` after `since` says as much as this observation.

    So where two others were taken within `_SPAN` of it, and one of the same five minutes was told already.
    """
    measurement = knowledge.measurements.get(what)
    near: dict[str, datetime] = {}
    for code in (what,) if measurement is None else measurement.codes:
        timeline = readings.get(code)
        for other in (
            timeline.overlapping(fact.effective_at - _SPAN, fact.effective_at + _SPAN) if timeline else ()
        ):
            counts = other.fact.mode is Mode.LIVE and watched(knowledge, other.fact, (what,)) is not None
            if other.entity != fact.entity and other.start > since and counts:
                near[other.entity] = other.start
    place = _place(fact.effective_at)
    return len(near) >= _MANY and any(_place(start) == place for start in near.values())


def _place(at: datetime) -> int:
    return int(at.timestamp() // _SPAN.total_seconds())


def _asked_by(knowledge: KnowledgeBase, row: FollowUp, drugs: Iterable[str]) -> Iterable[str]:
    if not row.asked_by_drug:
        return ()
    rows = (one for drug in drugs for one in knowledge.rules_of(drug, Monitoring) if not one.shadow)
    return {name for one in rows for name in one.any_of}
