"""Records of `detected-issues` of releases before this one, and what may stand in those of now."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.issues import DETECTED_ISSUE_RECORD, DetectedIssue, MonitoringSeen

ISSUE: dict[str, Any] = {
    "kind": "issue",
    "issue_id": "4fd1e0c39a6b4d2f8e7a6b5c4d3e2f10",
    "patient": "b8d2c1f0a9e84763b8d2c1f0a9e84763",
    "check": "renal-dose",
    "severity": "major",
    "open": True,
    "transition": "raised",
    "transition_id": "t-1",
    "episode": 1,
    "revision": 1,
    "at": "2026-03-02T08:00:00Z",
    "raised_at": "2026-03-02T08:00:00Z",
    "page_from": "2026-03-02T08:00:30Z",
    "because": "A dose was recorded.",
    "subjects": ["baclofen"],
    "mode": "live",
    "time_domain": "live",
    "text": "too much for these kidneys",
    "knowledge_version": "7-abcdef",
}
SEEN: dict[str, Any] = {
    "kind": "monitoring-seen",
    "issue_id": ISSUE["issue_id"],
    "patient": ISSUE["patient"],
    "episode": 1,
    "event": "creatinine-17",
    "what": "creatinine",
    "at": "2026-03-02T10:00:00Z",
}


def test_an_issue_of_a_release_that_did_not_know_what_counts_as_monitoring_says_that_nothing_does() -> None:
    read = DETECTED_ISSUE_RECORD.validate_json(json.dumps(ISSUE))
    assert isinstance(read, DetectedIssue)
    assert read.monitored_by == ()


def test_what_was_seen_names_its_event_and_has_a_key_beside_that_of_the_issue() -> None:
    read = DETECTED_ISSUE_RECORD.validate_json(json.dumps(SEEN))
    assert isinstance(read, MonitoringSeen)
    assert (read.event, read.what, read.taken_back) == ("creatinine-17", "creatinine", False)
    assert read.id == f"monitoring-seen:{ISSUE['issue_id']}"
    assert DETECTED_ISSUE_RECORD.validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("field", ["event", "at", "episode", "what"])
def test_what_was_seen_without_one_of_its_parts_is_refused(field: str) -> None:
    with pytest.raises(ValidationError):
        DETECTED_ISSUE_RECORD.validate_json(json.dumps({k: v for k, v in SEEN.items() if k != field}))
