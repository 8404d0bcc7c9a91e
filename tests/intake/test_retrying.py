"""What becomes of a rejection that is read again: accepted where its reader is mended, else told why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schemas.base import Mode
from schemas.rejections import KEPT_BYTES
from services.intake.fhir import administrations as fhir_doses
from services.intake.hl7v2 import administrations as hl7v2_doses
from services.intake.hl7v2 import kinds
from services.intake.reading import Accepted, Rejected
from services.intake.rejected.retrying import Result, Terms, door_of
from services.intake.rejected.topic import Entry
from tests.intake.hl7v2_writing import MSH, message, rxa
from tests.intake.rejecting_door import EVENTS, FHIR, HL7V2, entries_of, entry_of
from tests.intake.retried_rejections import LIVE, NOW, THEN, TOLD, again, fact
from tests.intake.test_events import dose
from tests.intake.test_publisher import SITE
from tests.intake.writing import administration


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
