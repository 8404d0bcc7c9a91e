"""The service as it is started in production, around the medical core, on the stand-in."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.base import TimeDomain
from schemas.identity import SiteKey
from schemas.issues import DETECTED_ISSUE_RECORD, DetectedIssue
from services.safety.core import LedgerCore
from services.safety.knowledge.loader import load
from tests.builders import at, dose
from tests.processor.ward import Plain, Ward

pytestmark = [pytest.mark.embedded, pytest.mark.slow]
SECRET = "a secret for tests only"


def environment(ward: Ward) -> dict[str, str]:
    return {
        **os.environ,
        "DOSEWARDEN_KAFKA": ward.bootstrap,
        "DOSEWARDEN_SITE_KEY": SECRET,
        "DOSEWARDEN_SESSION_S": "6",
        "DOSEWARDEN_TIME_DOMAIN": "simulated",
        "DOSEWARDEN_SAFETY_GROUP": ward.group,
        "DOSEWARDEN_EVENTS_TOPIC": ward.events,
        "DOSEWARDEN_ISSUES_TOPIC": ward.issues,
        "DOSEWARDEN_REJECTS_TOPIC": ward.rejects,
    }


def service(ward: Ward, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as words:
        return subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", "safety"],
            env=environment(ward),
            stdout=words,
            stderr=words,
        )


def in_simulated_time(fact: Any) -> bytes:
    told: bytes = fact.model_copy(update={"time_domain": TimeDomain.SIMULATED}).model_dump_json().encode()
    return told


def issues(ward: Ward) -> list[DetectedIssue]:
    read = [DETECTED_ISSUE_RECORD.validate_json(m.value()) for m in ward.read(ward.issues)]
    return [record for record in read if isinstance(record, DetectedIssue)]


def test_the_service_finds_what_the_core_finds_and_again_after_a_kill(
    embedded_ward: Ward, tmp_path: Path
) -> None:
    ward = embedded_ward
    doses = [dose("baclofen", "40 mg", at(hour)) for hour in range(6)]
    patient = doses[0].patient
    for given in doses[:3]:
        ward.put(patient, in_simulated_time(given))
    ward.put(patient, b"{broken")
    ward.flush()
    first = service(ward, tmp_path / "first.log")
    try:
        ward.until_done()
        first.kill()
        first.wait()
        for given in doses[3:]:
            ward.put(patient, in_simulated_time(given))
        ward.flush()
        second = service(ward, tmp_path / "second.log")
        ward.until_done()
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
    core, state, told = (
        LedgerCore(load(), SiteKey(SECRET.encode()), time_domain=TimeDomain.SIMULATED),
        None,
        set(),
    )
    for record in map(Plain, ward.read(ward.events)):
        if record.value == b"{broken":
            continue
        event = core.decode(record)  # type: ignore[arg-type]
        core.note(record.partition, event)
        step = core.step(record.partition, state, event)
        state = step.state
        told |= {emit.key.decode() for emit in step.emitted}
    assert told
    assert {issue.check for issue in issues(ward)} >= {"cumulative-dose", "not-assessed"}
    assert {issue.issue_id for issue in issues(ward) if issue.reason != "unreadable-fact"} == told
    assert timedelta(0) <= max(issue.at for issue in issues(ward)) - at(0)
