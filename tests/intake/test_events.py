"""Our own JSON at the door: what is taken, and how each kind of bad input is refused."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.base import Mode, TimeDomain
from schemas.clinical import Administration, FactStatus
from schemas.stream_events import SourceHeartbeat
from services.intake.door import Door
from services.intake.formats import read
from services.intake.reading import Accepted, Reading, Rejected, unreadable_fact

EXAMPLE = Path(__file__).parent / "examples" / "morning.events.jsonl"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONG_AGO = "0001-01-01T00:00:00Z"


def dose(**more: Any) -> dict[str, Any]:
    return {
        "kind": "administration", "event_id": "d", "patient": "ada", "entity": "dose/1",
        "effective_at": "2026-03-02T08:00:00Z", "recorded_at": "2026-03-02T08:00:00Z",
        "received_at": "2026-03-02T08:00:05Z", "source": "emar", "medication": {"text": "baclofen"},
        "dose": {"value": "10", "unit": "mg"},
    } | more  # fmt: skip


def door_of(text: bytes, directory: Path, door: Door | None = None) -> list[Reading]:
    path = directory / "in.jsonl"
    path.write_bytes(text)
    return list(read("events", [path], door or Door()))


def refused(line: bytes, directory: Path) -> Rejected:
    """The rejection of one line that stands between two good ones, which are taken."""
    good = json.dumps(dose()).encode()
    readings = door_of(b"\n".join([good, line, good]), directory)
    assert [type(reading) for reading in readings].count(Accepted) == 2
    (found,) = (reading for reading in readings if isinstance(reading, Rejected))
    assert found.rejection.hop == "intake"
    assert found.rejection.origin.line == 2
    return found


def test_a_morning_of_events_is_read_line_by_line() -> None:
    readings = list(read("events", [EXAMPLE], Door()))
    events = [reading.event for reading in readings if isinstance(reading, Accepted)]
    assert [event.kind for event in events] == [
        "patient",
        "order",
        "administration",
        "heartbeat",
        "administration",
    ]
    given, heartbeat, taken_back = events[2:]
    assert isinstance(given, Administration) and given.dose is not None
    assert given.dose.value == Decimal(10)
    assert isinstance(heartbeat, SourceHeartbeat)
    assert isinstance(taken_back, Administration) and taken_back.status is FactStatus.ENTERED_IN_ERROR


def test_without_a_clock_time_is_simulated_and_the_stated_receipt_kept() -> None:
    for reading in read("events", [EXAMPLE], Door()):
        assert isinstance(reading, Accepted)
        assert reading.event.time_domain is TimeDomain.SIMULATED
        assert reading.event.received_at.hour in (7, 8)


def test_with_a_clock_the_door_stamps_the_receipt_and_time_is_live(tmp_path: Path) -> None:
    (reading,) = door_of(json.dumps(dose()).encode(), tmp_path, Door(clock=lambda: NOW))
    assert isinstance(reading, Accepted)
    assert (reading.event.received_at, reading.event.time_domain) == (NOW, TimeDomain.LIVE)


def test_backfill_and_source_are_stamped_by_the_door(tmp_path: Path) -> None:
    door = Door(source="archive", mode=Mode.BACKFILL)
    (reading,) = door_of(json.dumps(dose()).encode(), tmp_path, door)
    assert isinstance(reading, Accepted) and isinstance(reading.event, Administration)
    assert (reading.event.source, reading.event.mode) == ("archive", Mode.BACKFILL)


def test_an_event_that_is_backfill_by_its_own_word_never_becomes_live(tmp_path: Path) -> None:
    (reading,) = door_of(json.dumps(dose(mode="backfill")).encode(), tmp_path)
    assert isinstance(reading, Accepted) and isinstance(reading.event, Administration)
    assert reading.event.mode is Mode.BACKFILL


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"kind": "dosage"}, "unknown-kind"),
        ({"kind": "tick"}, "unknown-kind"),
        ({"kind": "history-ended"}, "unknown-kind"),
        ({"kind": ["tick"]}, "unknown-kind"),
        ({"kind": {}}, "unknown-kind"),
        ({"dose": {"value": "-10", "unit": "mg"}}, "negative-value"),
        ({"dose": {"value": "ten", "unit": "mg"}}, "wrong-schema"),
        ({"ended_at": "2026-03-02T07:00:00Z"}, "end-before-start"),
        ({"effective_at": "2026-03-02T08:05:06Z"}, "future-event"),
        ({"effective_at": "2026-03-02T08:00:00"}, "wrong-schema"),
        ({"effective_at": "9999-12-31T23:59:59Z", "received_at": "9999-12-31T23:59:59Z"}, "bad-time"),
        ({"effective_at": "0001-01-01T00:00:00Z"}, "bad-time"),
        ({"colour": "blue"}, "wrong-schema"),
        ({"source": None}, "wrong-schema"),
        ({"merged_from": "bert"}, "wrong-schema"),
        ({"visit": "encounter/1", "visit_named_at": "2026-03-01T08:00:00Z"}, "wrong-schema"),
    ],
)
def test_a_refused_event_names_its_reason_and_its_patient(
    more: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    found = refused(json.dumps(dose(**more)).encode(), tmp_path)
    assert found.rejection.reason == reason
    assert (found.patient, found.about) == ("ada", "dose/1")


@pytest.mark.parametrize(
    ("schedule", "refused"),
    [
        ({"times_of_day": ["8am"]}, True),
        ({"times_of_day": ["24:00"]}, True),
        ({"times_of_day": ["08:00", "20:00:00"]}, False),
        ({"dose_high": {"value": "4", "unit": "mg"}}, True),
        ({"dose_high": {"value": "400", "unit": "ug"}}, True),
        ({"dose_high": {"value": "5000", "unit": "ug"}}, False),
        ({"dose_high": {"value": "1", "unit": "TAB"}}, False),
        ({"times_low": "3", "times_high": "2"}, True),
        ({"times_low": "2", "times_high": "2"}, False),
    ],
)
def test_an_order_that_nobody_can_mean_is_refused(
    schedule: dict[str, Any], refused: bool, tmp_path: Path
) -> None:
    """By a time of day that is none the checks of its patient fail; of a range the upper end counts."""
    dosage = {"dose_low": {"value": "5", "unit": "mg"}, "period_seconds": "86400"} | schedule
    told = {name: value for name, value in dose().items() if name not in ("dose", "route")}
    line = json.dumps(told | {"kind": "order", "state": "active", "dosages": [dosage]}).encode()
    (reading,) = door_of(line, tmp_path)
    reason = reading.rejection.reason if isinstance(reading, Rejected) else None
    assert reason == ("wrong-schema" if refused else None)


@pytest.mark.parametrize(
    "part",
    [
        {"kind": "order", "state": "active", "dosages": [{"starts_at": LONG_AGO}]},
        {"kind": "encounter", "inpatient": True, "leaves": [{"since": LONG_AGO, "until": LONG_AGO}]},
    ],
    ids=["dosage", "leave"],
)
def test_a_time_at_the_end_of_all_time_is_refused_in_the_parts_of_a_statement_too(
    part: dict[str, Any], tmp_path: Path
) -> None:
    told = {name: value for name, value in dose().items() if name not in ("dose", "route")}
    if part["kind"] == "encounter":
        del told["medication"]
    assert refused(json.dumps(told | part).encode(), tmp_path).rejection.reason == "bad-time"


def test_a_dose_five_minutes_ahead_is_clock_skew_and_taken(tmp_path: Path) -> None:
    (reading,) = door_of(json.dumps(dose(effective_at="2026-03-02T08:05:05Z")).encode(), tmp_path)
    assert isinstance(reading, Accepted)


@pytest.mark.parametrize("unit", ["furlong", "mg%", "Stück"])
def test_an_unknown_unit_is_kept_as_stated(unit: str, tmp_path: Path) -> None:
    (reading,) = door_of(json.dumps(dose(dose={"value": "1", "unit": unit})).encode(), tmp_path)
    assert isinstance(reading, Accepted) and isinstance(reading.event, Administration)
    assert reading.event.dose is not None and reading.event.dose.unit == unit


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"MSH|^~\\&|", "not-json"),
        (b'{"kind": "administration"', "not-json"),
        (b'{"value": NaN}', "not-json"),
        (b'{"kind": "patient", "kind": "order"}', "duplicate-key"),
        (b"\xff\xfe{}", "not-json"),
        (b'{"kind": "administration", "patient": "\\ud800"}', "not-json"),
        (b"[]", "wrong-schema"),
        (b'"text"', "wrong-schema"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested-too-deep"),
        (b"[" * 500 + b"]" * 500, "wrong-schema"),
    ],
)
def test_what_is_no_event_is_refused_and_the_lines_around_it_are_taken(
    line: bytes, reason: str, tmp_path: Path
) -> None:
    found = refused(line, tmp_path)
    allowed = {reason, "unknown-kind", "not-json"} if reason == "wrong-schema" else {reason}
    assert found.rejection.reason in allowed
    assert found.patient is None


def test_five_megabytes_are_refused_before_they_are_parsed_and_told_in_full_length(tmp_path: Path) -> None:
    line = b'{"kind": "patient", "patient": "' + b"x" * 5_000_000 + b'"}'
    found = refused(line, tmp_path).rejection
    assert found.reason == "too-large"
    assert found.length == len(line)
    assert found.sha256 == hashlib.sha256(line).hexdigest()
    assert len(found.content) < 100_000


def test_no_sentence_repeats_the_payload(tmp_path: Path) -> None:
    secret = "Mustermann"
    lines = [
        dose(dose={"value": secret, "unit": "mg"}), dose(kind=secret), dose(**{secret: 1}),
        dose(effective_at=secret), dose(medication={"text": secret, "colour": secret}),
    ]  # fmt: skip
    for line in lines:
        found = refused(json.dumps(line).encode(), tmp_path)
        assert secret not in found.rejection.detail + found.rejection.reason


def test_the_mark_of_a_refused_line_holds_no_payload_and_is_the_same_each_time(tmp_path: Path) -> None:
    line = json.dumps(dose(dose={"value": "-7.77", "unit": "mg"})).encode()
    first, second = (unreadable_fact(refused(line, tmp_path), Door()) for _ in range(2))
    assert first is not None and first == second
    assert (first.patient, first.about, first.reason) == ("ada", "dose/1", "negative-value")
    assert "7.77" not in first.model_dump_json()


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    line = json.dumps(dose()).encode()
    readings = door_of(b"\xef\xbb\xbf" + line + b"\r\n\r\n" + line + b"\r\n", tmp_path)
    assert [type(reading) for reading in readings] == [Accepted, Accepted]


def test_half_a_million_wrong_items_are_told_by_the_first(tmp_path: Path) -> None:
    codings = ",".join(["1"] * 500_000)
    line = json.dumps(dose(medication={"codings": []})).replace("[]", f"[{codings}]").encode()
    rejection = refused(line, tmp_path).rejection
    assert rejection.reason == "wrong-schema"
    assert rejection.detail == "the field medication.codings.0 is not as the schema asks (model_type)"
