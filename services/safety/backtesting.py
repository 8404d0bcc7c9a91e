"""The same facts under two knowledge versions: which issues come, go or change, and what would page.

An issue is the same in both where patient, check and subject are. Compared is what was told, in order of
receipt: how bad it was at its worst, how far over its limit, from when to when, and how often it would page.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from schemas.base import Severity
from schemas.issues import DetectedIssue

Calls = Callable[[DetectedIssue], bool]


class Difference(StrEnum):
    """In what an issue differs between two versions."""

    SEVERITY = "severity"
    LEVEL = "level"
    TIMING = "timing"
    SHADOW = "shadow"
    PAGES = "pages"


@dataclass(slots=True)
class Told:
    """One issue as one version tells it: its worst, when it held, its pages by the row they rest on.

    `level` is the largest total over limit in its evidence, None where it has none. A time of `held` without
    an end: it held to the last.
    """

    issue: DetectedIssue
    severity: Severity
    level: Decimal | None = None
    held: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    pages: int = 0

    def take(self, issue: DetectedIssue, calls: bool) -> None:
        """Take in one transition."""
        if issue.open:
            if not self.held or self.held[-1][1] is not None:
                self.held.append((issue.at, None))
            if issue.severity.rank >= self.severity.rank:
                self.issue, self.severity = issue, issue.severity
            level = _level(issue)
            if level is not None and (self.level is None or level > self.level):
                self.level = level
        elif self.held and self.held[-1][1] is None:
            self.held[-1] = (self.held[-1][0], issue.at)
        self.pages += calls


@dataclass(slots=True)
class Version:
    """What one knowledge version tells: its issues by id, and pages by row. A page on two rows is of both."""

    knowledge_version: str
    issues: dict[str, Told] = field(default_factory=dict)
    pages_by_row: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """One issue under both; None where a version does not tell it."""

    a: Told | None
    b: Told | None
    differs: tuple[Difference, ...] = ()

    @property
    def either(self) -> DetectedIssue:
        """The issue as the newer version tells it, if it does."""
        told = self.b or self.a
        if told is None:
            raise ValueError("an issue is told by at least one version")
        return told.issue


def version(knowledge_version: str, transitions: Iterable[DetectedIssue], calls: Calls) -> Version:
    """Sum up a replay under one version. `calls` says of a transition whether it would page."""
    found = Version(knowledge_version)
    for issue in transitions:
        told = found.issues.get(issue.issue_id)
        if told is None:
            told = found.issues[issue.issue_id] = Told(issue, issue.severity)
        page = calls(issue)
        told.take(issue, page)
        if page:
            for row in {source.row for source in issue.sources} or {issue.check}:
                found.pages_by_row[row] = found.pages_by_row.get(row, 0) + 1
    return found


def compared(a: Version, b: Version) -> list[Compared]:
    """Every issue that either version tells, by check, patient and id."""
    every = [
        Compared(one, other, _differs(one, other) if one and other else ())
        for key in {*a.issues, *b.issues}
        for one, other in [(a.issues.get(key), b.issues.get(key))]
    ]
    return sorted(every, key=lambda c: (c.either.check, c.either.patient, c.either.issue_id))


def by_check(told: Mapping[str, Told]) -> dict[str, tuple[int, int]]:
    """Issues and pages of each check."""
    found: dict[str, tuple[int, int]] = {}
    for one in told.values():
        issues, pages = found.get(one.issue.check, (0, 0))
        found[one.issue.check] = (issues + 1, pages + one.pages)
    return found


def _differs(a: Told, b: Told) -> tuple[Difference, ...]:
    found = {
        Difference.SEVERITY: a.severity is not b.severity,
        Difference.LEVEL: a.level != b.level,
        Difference.TIMING: a.held != b.held,
        Difference.SHADOW: a.issue.shadow != b.issue.shadow,
        Difference.PAGES: a.pages != b.pages,
    }
    return tuple(difference for difference, is_so in found.items() if is_so)


def _level(issue: DetectedIssue) -> Decimal | None:
    total, limit = issue.evidence.get("total"), issue.evidence.get("limit")
    if isinstance(total, str) and isinstance(limit, str) and Decimal(limit):
        return Decimal(total) / Decimal(limit)
    return None
