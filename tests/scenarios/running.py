"""Telling a scenario to the real engine, and what came of it otherwise than expected."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from schemas.base import TimeDomain
from schemas.identity import SiteKey
from schemas.issues import DetectedIssue
from schemas.stream_events import ClockTick, SourceSeen
from services.safety.engine.engine import Engine
from services.safety.engine.state import PatientState
from services.safety.knowledge.base import KnowledgeBase
from tests.builders import tick
from tests.scenarios.expecting import Expected, names, told
from tests.scenarios.lines import Look
from tests.scenarios.moments import shown
from tests.scenarios.reading import Scenario
from tests.scenarios.staging import steps

WARD = "ward"
_Issue = tuple[str, tuple[str, ...]]


@cache
def engine(knowledge: KnowledgeBase) -> Engine:
    """One engine for each knowledge base; it keeps nothing of a patient."""
    return Engine(knowledge, SiteKey(b"scenarios"), time_domain=TimeDomain.LIVE)


def everything_told(scenario: Scenario) -> list[DetectedIssue]:
    """All that the engine tells of a scenario, of whatever check."""
    judge = engine(scenario.knowledge)
    state: PatientState | None = None
    issues: list[DetectedIssue] = []
    for step in steps(scenario):
        event = _time(step.happens) if isinstance(step.happens, Look) else step.happens
        stepped = judge.step(state, event)
        state = stepped.state
        issues += stepped.issues
    return issues


def surprises(scenario: Scenario) -> list[str]:
    """What was told or held otherwise than a scenario says, each with its line; empty if all is as said."""
    judge = engine(scenario.knowledge)
    state: PatientState | None = None
    waiting: list[DetectedIssue] = []
    found: list[str] = []
    for step in steps(scenario):
        look = step.happens if isinstance(step.happens, Look) else None
        event = _time(step.happens) if isinstance(step.happens, Look) else step.happens
        stepped = judge.step(state, event)
        state = stepped.state
        place = f"{scenario.file}:{step.number}: "
        for issue in stepped.issues:
            if scenario.silent & names(issue):
                found.append(f"{place}{issue.check} must be silent, and at {_when(issue)}: {issue.text}")
            elif scenario.about & names(issue):
                waiting.append(issue)
        if look is not None and look.expect is not None:
            found += (place + what for what in _transitions(look.expect, waiting))
            waiting = []
        if look is not None and look.holds is not None:
            issues = [state.issues[key].told for key in sorted(state.issues)]
            held = [issue for issue in issues if issue is not None and scenario.about & names(issue)]
            found += (place + what for what in _held(look.holds, held))
    found += (f"{scenario.file}:1: told and not expected by any line: {_when(issue)}" for issue in waiting)
    return found


def _time(look: Look) -> ClockTick:
    alive = (SourceSeen(source=WARD, at=look.at),) if look.feed == "alive" else ()
    return tick(look.at, sources=alive)


def _when(issue: DetectedIssue) -> str:
    return f"{shown(issue.at)} {told(issue)}"


def _transitions(expected: Sequence[Expected], issues: Sequence[DetectedIssue]) -> Iterable[str]:
    """Of each issue every transition in order; between issues the order says nothing."""
    left: dict[_Issue, list[DetectedIssue]] = defaultdict(list)
    for issue in issues:
        left[issue.check, issue.subjects].append(issue)
    for one in expected:
        place = next((key for key, queue in left.items() if queue and one.fits(queue[0])), None)
        if place is None:
            yield f"expected {one.text!r}, which was not told"
        else:
            left[place].pop(0)
    for queue in left.values():
        for issue in queue:
            yield f"told and not expected: {_when(issue)}"


def _held(expected: Sequence[Expected], issues: Sequence[DetectedIssue]) -> Iterable[str]:
    left = list(issues)
    for one in expected:
        issue = next((issue for issue in left if one.fits(issue)), None)
        if issue is None:
            yield f"expected to hold: {one.text!r}"
        else:
            left.remove(issue)
    for issue in left:
        yield f"holds and is not expected: {told(issue, holding=True)}"
