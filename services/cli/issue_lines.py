"""Issues as lines of JSON, the surface that others script against."""

from datetime import datetime
from typing import Any

import orjson

from schemas.issues import DetectedIssue


def issue_line(issue: DetectedIssue, patient: str) -> dict[str, Any]:
    """What every line of an issue holds; `patient` is the source's own id."""
    line: dict[str, Any] = {
        "issue_id": issue.issue_id,
        "patient": patient,
        "check": issue.check,
        "severity": issue.severity.value,
        "status": "open" if issue.open else "closed",
        "subjects": list(issue.subjects),
        "implicated": list(issue.implicated),
        "shadow": issue.shadow,
        "retrospective": issue.retrospective,
        "covered_by": issue.covered_by,
        "high_alert": issue.high_alert,
        "text": issue.text,
        "evidence": issue.evidence,
        "knowledge_version": issue.knowledge_version,
        "sources": [source.model_dump(mode="json") for source in issue.sources],
    }
    if issue.reason is not None:
        line["reason"] = issue.reason.value
    return line


def transition_line(issue: DetectedIssue, patient: str) -> dict[str, Any]:
    """An issue with what happened to it, when and why."""
    return issue_line(issue, patient) | {
        "transition": issue.transition.value,
        "at": instant(issue.at),
        "because": issue.because,
        "transition_id": issue.transition_id,
        "episode": issue.episode,
        "revision": issue.revision,
    }


def instant(at: datetime | None) -> str | None:
    """An instant as JSON has it; None for one that has not come."""
    return at.isoformat().replace("+00:00", "Z") if at is not None else None


def as_line(content: dict[str, Any]) -> str:
    """One line of JSON, its keys in the order given."""
    return orjson.dumps(content).decode()
