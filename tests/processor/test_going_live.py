"""The first load of a running deployment goes live by the operator's command, idle patients included."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from schemas.base import Mode
from schemas.issues import DETECTED_ISSUE_RECORD, DetectedIssue, Transition
from services.cli.main import main
from tests.builders import dose
from tests.processor.ward import Ward

pytestmark = [pytest.mark.embedded, pytest.mark.slow]
PATIENTS = [f"patient-{number}" for number in range(120)]


def load(ward: Ward, patients: list[str]) -> None:
    """Each had 130 mg of baclofen an hour ago, far too much, and so it stands in what is loaded now."""
    now = datetime.now(UTC)
    for patient in patients:
        given = dose(
            "baclofen", "130 mg", now - timedelta(hours=1),
            patient=patient, entity=f"dose-{patient}", mode=Mode.BACKFILL, received_at=now,
        )  # fmt: skip
        ward.put(patient, given.model_dump_json().encode())
    ward.flush()


def go_live(ward: Ward) -> None:
    answer = CliRunner().invoke(
        main, ["go-live", "--kafka", ward.bootstrap], env={"DOSEWARDEN_EVENTS_TOPIC": ward.events}
    )
    assert answer.exit_code == 0, answer.output
    assert "written to 4 partitions" in answer.output


def told(ward: Ward, transition: Transition, mode: Mode) -> Counter[str]:
    """How often each patient was said to have had too much within a day."""
    read = [DETECTED_ISSUE_RECORD.validate_json(message.value()) for message in ward.read(ward.issues)]
    issues = [record for record in read if isinstance(record, DetectedIssue)]
    return Counter(
        issue.patient
        for issue in issues
        if (issue.check, issue.transition, issue.mode) == ("cumulative-dose", transition, mode)
    )


def test_idle_patients_are_told_again_as_live_each_once_and_those_loaded_later_are_not(
    embedded_ward: Ward,
) -> None:
    ward = embedded_ward
    load(ward, PATIENTS)
    worker = ward.worker(core="medical", time_domain="live")
    ward.until_done()
    assert told(ward, Transition.RAISED, Mode.BACKFILL) == Counter(PATIENTS)
    assert told(ward, Transition.REPUBLISHED, Mode.LIVE) == Counter()
    go_live(ward)
    ward.eventually(lambda: told(ward, Transition.REPUBLISHED, Mode.LIVE) == Counter(PATIENTS))
    load(ward, ["newcomer"])
    ward.until_done()
    assert told(ward, Transition.RAISED, Mode.BACKFILL)["newcomer"] == 1
    assert worker.end() == 0
    again = ward.worker(core="medical", time_domain="live")
    ward.eventually(lambda: told(ward, Transition.REPUBLISHED, Mode.BACKFILL)["newcomer"] == 1)
    assert again.end() == 0
    assert told(ward, Transition.REPUBLISHED, Mode.LIVE)["newcomer"] == 0
