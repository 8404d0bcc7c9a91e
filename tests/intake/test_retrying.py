"""What becomes of a rejection that is read again: accepted where its reader is mended, else told why not."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from schemas.base import Mode
from schemas.clinical import Administration, UnreadableFact
from schemas.rejections import KEPT_BYTES
from services.intake.door import Door
from services.intake.fhir import administrations as fhir_doses
from services.intake.hl7v2 import administrations as hl7v2_doses
from services.intake.hl7v2 import kinds
from services.intake.reading import Accepted, Rejected
from services.intake.rejected.closing import dismissal
from services.intake.rejected.retrying import Result, Retried, Terms, door_of, retried
from services.intake.rejected.topic import Entry
from services.intake.trust.sources import Source, Sources
from services.safety.ledger.precedence import supersedes
from tests.intake.hl7v2_writing import MSH, message, rxa
from tests.intake.rejecting_door import EVENTS, FHIR, HL7V2, entries_of, entry_of
from tests.intake.test_events import dose
from tests.intake.test_publisher import ADA, SITE
from tests.intake.writing import administration

THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = THEN + timedelta(hours=5)
LIVE = Door("ehr", clock=lambda: THEN)
TOLD = Door("ehr")


def again(entry: Entry, zone: ZoneInfo | None = None, sources: Sources | None = None) -> Retried:
    return retried(entry, Terms(SITE, lambda: NOW, zone, sources))


def fact(found: Retried) -> Administration:
    (reading,) = found.readings
    assert isinstance(reading, Accepted)
    assert isinstance(reading.event, Administration)
    return reading.event


@pytest.fixture
def unknown_dose(monkeypatch: pytest.MonkeyPatch) -> Entry:
    """Rejected by a reader that does not know the status `completed`; the reader is mended since."""
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        return entry_of(FHIR, administration(), LIVE, THEN)


def test_a_dose_whose_code_is_known_now_is_accepted_at_its_own_time_and_received_now(
    unknown_dose: Entry,
) -> None:
    assert unknown_dose.rejected.reason == "unknown-status"
    found = again(unknown_dose)
    assert found.result is Result.ACCEPTED
    assert fact(found).effective_at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert (fact(found).received_at, fact(found).source) == (NOW, "ehr")


def test_what_the_reader_still_does_not_know_stays_and_sends_nothing() -> None:
    found = again(entry_of(FHIR, administration(status="on-fire"), LIVE, THEN))
    assert (found.result, found.readings) == (Result.REJECTED, ())
    assert found.reason == "unknown-status"
    assert "on-fire" not in found.detail


def test_in_told_time_it_is_received_when_its_source_says(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = administration(meta={"lastUpdated": "2026-03-02T08:30:00Z"})
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        entry = entry_of(FHIR, stored, TOLD, NOW)
    assert fact(again(entry)).received_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def test_history_stays_history(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        entry = entry_of(FHIR, administration(), replace(LIVE, mode=Mode.BACKFILL), THEN)
    assert fact(again(entry)).mode is Mode.BACKFILL


def test_a_dose_in_the_future_is_not_believed_because_that_future_has_come() -> None:
    when = (THEN + timedelta(hours=1)).isoformat()
    entry = entry_of(FHIR, administration(effectiveDateTime=when), LIVE, THEN)
    found = again(entry)
    assert THEN + timedelta(hours=1) < NOW
    assert (found.result, found.reason) == (Result.REJECTED, "future-event")


def test_times_without_an_offset_are_read_in_the_zone_of_then_unless_another_is_named() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    local = message("RAS^O17^RAS_O17", "ORC|RE|A", rxa(f3="20260302095500"), msh=MSH.replace("+0100", ""))
    entry = entry_of(HL7V2, local, replace(LIVE, zone=ZoneInfo("UTC")), THEN)
    assert (entry.rejected.reason, entry.rejected.zone) == ("future-event", "UTC")
    assert again(entry).result is Result.REJECTED
    mended = again(entry, vienna)
    assert mended.result is Result.ACCEPTED
    assert fact(mended).effective_at == datetime(2026, 3, 2, 8, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "result"), [(KEPT_BYTES, Result.ACCEPTED), (KEPT_BYTES + 1, Result.NOT_RETRIED)]
)
def test_what_was_cut_cannot_be_retried_and_says_so(
    length: int, result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = message("RAS^O17^RAS_O17", "ORC|RE|A", rxa())
    content = bare + b"NTE|1||" + b"x" * (length - len(bare) - 8) + b"\r"
    assert len(content) == length
    with monkeypatch.context() as before:
        before.delitem(kinds.EVENTS, "RAS")
        entry = entry_of(HL7V2, content, LIVE, THEN)
    found = again(entry)
    assert found.result is result
    if result is Result.NOT_RETRIED:
        assert "65536" in found.detail and "65537" in found.detail and "send it again" in found.detail


def beside(**changed: Any) -> Entry:
    """A dose that reads well, rejected for a reason that does not lie in it."""
    entry = entry_of(FHIR, administration(status="on-fire"), LIVE, THEN)
    good = entry_of(FHIR, administration(effectiveDateTime="2026-03-02T12:00:00Z"), LIVE, THEN).rejected
    rejected = good.model_copy(update={"at": THEN + timedelta(hours=9), **changed})
    return replace(entry, rejected=rejected)


def test_the_same_dose_is_accepted_where_nothing_stands_against_it() -> None:
    assert again(beside()).result is Result.ACCEPTED


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": "wrong-url"},
        {"reason": "source-not-allowed"},
        {"reason": "stated-twice"},
        {"reason": "wrong-topic"},
        {"hop": "notifier"},
        {"time_domain": None},
        {"reason": "unsupported-method"},
        {"reason": "wrong-envelope"},
        {"reason": "unknown-media-type"},
        {"length": 0, "content": ""},
        {"zone": "Mars/Olympus"},
    ],
)
def test_what_lies_beside_the_message_is_not_passed_over_by_reading_it_alone(changed: dict[str, Any]) -> None:
    found = again(beside(**changed))
    assert (found.result, found.readings) == (Result.NOT_RETRIED, ())
    assert found.detail


def speaking_of(*kinds: str, name: str = "ehr") -> Sources:
    """A sources file with one source, which may state these kinds."""
    return Sources(
        sources=(
            Source.model_validate(
                {"name": name, "address": "127.0.0.0/8", "facilities": "any", "maximum_silence": "1 h"}
                | {"kinds": list(kinds)}
            ),
        )
    )


@pytest.mark.parametrize(
    ("sources", "result"),
    [
        (speaking_of("administration"), Result.ACCEPTED),
        (speaking_of("order"), Result.REJECTED),
        (speaking_of("administration", name="other"), Result.NOT_RETRIED),
    ],
)
def test_a_peer_is_held_to_what_its_source_may_state_today(sources: Sources, result: Result) -> None:
    entry = beside(reason="source-not-allowed")
    peer = entry.rejected.origin.model_copy(update={"peer": "127.0.0.1"})
    found = again(
        replace(entry, rejected=entry.rejected.model_copy(update={"origin": peer})), sources=sources
    )
    assert found.result is result
    assert found.reason == ("" if result is Result.ACCEPTED else "source-not-allowed")


def test_a_row_of_a_table_is_not_read_without_its_tables() -> None:
    entry = beside()
    row = entry.rejected.model_copy(
        update={"origin": entry.rejected.origin.model_copy(update={"door": "mimic3"})}
    )
    found = again(replace(entry, rejected=row))
    assert found.result is Result.NOT_RETRIED
    assert "feed its files again" in found.detail


@pytest.mark.parametrize(
    "led_out",
    [
        {
            "medicationCodeableConcept": None,
            "medicationReference": {"reference": "Medication/m", "display": "x"},
        },
        {"subject": {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}},
        {"request": {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}},
    ],
)
def test_what_means_something_only_beside_others_is_not_read_alone(
    led_out: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        entry = entry_of(FHIR, administration(**led_out), LIVE, THEN)
    found = again(entry)
    assert (found.result, found.readings) == (Result.NOT_RETRIED, ())


def test_a_drug_that_came_within_the_dose_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "baclofen"}}
    within = administration(
        medicationCodeableConcept=None, medicationReference={"reference": "#m"}, contained=[drug]
    )
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        entry = entry_of(FHIR, within, LIVE, THEN)
    assert fact(again(entry)).medication.text == "baclofen"


def test_nothing_is_stated_of_another_patient_than_the_one_who_was_marked(unknown_dose: Entry) -> None:
    assert unknown_dose.rejected.mark is not None
    assert unknown_dose.rejected.mark.patient == ADA
    other = unknown_dose.rejected.mark.model_copy(update={"patient": SITE.patient_key("ben")})
    moved = unknown_dose.rejected.model_copy(update={"mark": other})
    found = again(replace(unknown_dose, rejected=moved))
    assert (found.result, found.readings) == (Result.NOT_RETRIED, ())
    assert "another patient" in found.detail


def test_a_line_of_our_own_events_is_read_again() -> None:
    entry = entry_of(EVENTS, dose(dose={"value": "-1", "unit": "mg"}), LIVE, THEN)
    assert (again(entry).result, again(entry).reason) == (Result.REJECTED, "negative-value")
    local = dose(effective_at="2026-03-02T08:00:00")
    assert again(entry_of(EVENTS, local, LIVE, THEN)).detail == "the field effective_at has no UTC offset"


def test_an_event_keeps_its_own_source_where_nobody_named_one() -> None:
    named, unnamed = (
        entry_of(EVENTS, dose(source="pump", dose={"value": "-1", "unit": "mg"}), door, THEN)
        for door in (LIVE, replace(LIVE, source=None))
    )
    broken = entry_of(EVENTS, b"no json", replace(LIVE, source=None), THEN)
    assert [one.rejected.source for one in (named, unnamed, broken)] == ["ehr", "pump", "events"]
    assert [
        door_of(one.rejected, Terms(SITE, lambda: NOW), lambda: NOW).source
        for one in (named, unnamed, broken)
    ] == ["ehr", "pump", None]


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "knowledge-activated", "knowledge_version": "2-other", "shadow": False},
        {"kind": "heartbeat", "source": "pump"},
    ],
)
def test_what_is_about_no_patient_is_never_said_again(told: dict[str, Any]) -> None:
    entry = beside(reason="unknown-kind")
    line = orjson.dumps(told | {"event_id": "e", "received_at": "2026-03-02T09:00:00Z"})
    update = {
        "origin": entry.rejected.origin.model_copy(update={"door": "kafka"}),
        "content": base64.b64encode(line).decode(),
        "length": len(line),
        "mark": None,
    }
    found = again(replace(entry, rejected=entry.rejected.model_copy(update=update)))
    assert (found.result, found.readings) == (Result.NOT_RETRIED, ())
    assert "about no patient" in found.detail


def test_a_part_in_another_character_set_is_read_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    latin = MSH.replace("|P|2.5.1|||AL|NE", "|P|2.5.1|||AL|NE||8859/1")
    text = message("RAS^O17^RAS_O17", "ORC|RE|A", rxa(f5="L1^Säure^L"), msh=latin).decode()
    with monkeypatch.context() as before:
        before.delitem(hl7v2_doses._OUTCOMES, "CP")
        entry = entry_of(HL7V2, text.encode("latin-1"), LIVE, THEN)
    assert fact(again(entry)).medication.text == "Säure"


def test_of_a_message_that_is_readable_now_each_part_is_taken_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = message("RAS^O17^RAS_O17", "ORC|RE|A", rxa(), rxa(f1="2", f2="2", f6="ten"))
    with monkeypatch.context() as before:
        before.delitem(kinds.EVENTS, "RAS")
        entry = entry_of(HL7V2, content, LIVE, THEN)
    found = again(entry)
    good, bad = found.readings
    assert found.result is Result.ACCEPTED
    assert isinstance(good, Accepted) and isinstance(bad, Rejected)
    assert bad.rejection.reason == found.reason == "bad-number"


def test_a_part_that_is_rejected_still_stays_the_same_rejection() -> None:
    visit = message("ADT^A01^ADT_A01", "PV1|1|I|3W" + "|" * 16 + "V1" + "|" * 25 + "yesterday")
    (entry,) = entries_of(HL7V2, visit, LIVE, THEN)
    found = again(entry)
    assert (found.result, found.readings) == (Result.REJECTED, ())


def test_what_is_of_no_concern_now_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    content = message("RDS^O13^RDS_O13", "ORC|NW|A")
    with monkeypatch.context() as before:
        before.delitem(kinds.EVENTS, "RDS")
        entry = entry_of(HL7V2, content, LIVE, THEN)
    assert again(entry).result is Result.PASSED_OVER


def test_a_dismissal_is_newer_than_every_repetition_of_its_mark_and_no_sign_of_life(
    unknown_dose: Entry,
) -> None:
    mark = unknown_dose.rejected.mark
    assert mark is not None
    ended = dismissal(mark, NOW)
    assert isinstance(ended, UnreadableFact)
    assert ended.dismissed and ended.entity == mark.entity
    assert (ended.recorded_at, ended.received_at) == (NOW, mark.received_at)
    before, after = (
        mark.model_copy(update={"recorded_at": NOW + timedelta(hours=hours), "received_at": NOW})
        for hours in (-1, 1)
    )
    assert supersedes(ended, mark) and supersedes(ended, before)
    assert supersedes(after, ended), "what comes again unreadable afterwards is marked again"


def test_in_told_time_a_dismissal_comes_right_behind_its_mark() -> None:
    entry = entry_of(FHIR, administration(status="on-fire"), TOLD, THEN)
    assert entry.rejected.mark is not None
    ended = dismissal(entry.rejected.mark, NOW)
    assert ended.recorded_at == entry.rejected.mark.recorded_at
    assert ended.version == entry.rejected.mark.version + 1
    assert supersedes(ended, entry.rejected.mark)
