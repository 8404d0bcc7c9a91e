"""Engines over the brief knowledge base, and stepping a story through one."""

from collections.abc import Iterable, Sequence

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.identity import SiteKey
from schemas.issues import DetectedIssue
from schemas.stream_events import ClockTick
from services.safety.checks import CHECKS
from services.safety.checks.judgement import Check
from services.safety.engine.engine import Engine
from services.safety.engine.state import PatientState
from services.safety.knowledge.base import KnowledgeBase
from tests.brief_knowledge import KNOWLEDGE

SITE = SiteKey(b"a site key for tests")


def engine(
    checks: Sequence[Check] = CHECKS, *, knowledge: KnowledgeBase = KNOWLEDGE, prune: bool = True
) -> Engine:
    """An engine that judges by the brief knowledge base."""
    return Engine(knowledge, SITE, checks=checks, time_domain=TimeDomain.LIVE, prune=prune)


def told(
    judge: Engine, story: Iterable[PatientFact | ClockTick], state: PatientState | None = None
) -> tuple[PatientState, list[DetectedIssue]]:
    """The state after a story, and everything that was told, in order."""
    issues: list[DetectedIssue] = []
    for event in story:
        stepped = judge.step(state, event)
        state = stepped.state
        issues += stepped.issues
    assert state is not None
    return state, issues


def summary(issues: Iterable[DetectedIssue]) -> list[tuple[str, str, str]]:
    """Check, transition and severity of each."""
    return [(issue.check, issue.transition.value, issue.severity.value) for issue in issues]
