"""One record of a source's topic: plain, in a CloudEvent of either mode, damaged, in the wrong topic."""

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Administration
from services.intake.door import Door
from services.intake.kafka.reading import RecordReader
from services.intake.kafka.settings import Topics
from services.intake.lines import LARGEST_MESSAGE
from services.intake.reading import Accepted, Reading, Rejected, unreadable_fact
from services.intake.rejected.rereading import READERS
from tests.intake.test_events import dose
from tests.schemas.compatibility import EXAMPLES, Example

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DOOR = Door(clock=lambda: NOW)
BINARY = {"ce_specversion": "1.0", "ce_id": "7", "ce_source": "/emar", "ce_type": "dose.given"}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}


@dataclass(frozen=True)
class Received:
    """A record as the consumer hands it over."""

    value: bytes | None
    topic: str = "dose-events"
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 2
    offset: int = 40
    key: bytes | None = None


def read(value: object, topic: str = "dose-events", **headers: str) -> Reading:
    text = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
    pairs = tuple((name.replace("__", "-"), data.encode()) for name, data in headers.items())
    return RecordReader(DOOR, Topics().kinds()).read(Received(text, topic, pairs))


def accepted(value: object, topic: str = "dose-events", **headers: str) -> Any:
    reading = read(value, topic, **headers)
    assert isinstance(reading, Accepted), reading
    return reading.event


def rejected(value: object, topic: str = "dose-events", **headers: str) -> Rejected:
    reading = read(value, topic, **headers)
    assert isinstance(reading, Rejected), reading
    return reading


def reason(value: object, topic: str = "dose-events", **headers: str) -> str:
    return rejected(value, topic, **headers).rejection.reason


def cloud(data: object = None, **more: object) -> dict[str, object]:
    """A structured CloudEvent around a dose."""
    return {
        "specversion": "1.0", "id": "7", "source": "/emar", "type": "dose.given",
        "data": dose() if data is None else data,
    } | more  # fmt: skip


def test_a_plain_event_keeps_its_source_and_is_received_by_the_doors_clock() -> None:
    event = accepted(dose())
    assert isinstance(event, Administration)
    assert (event.patient, event.source, event.received_at) == ("ada", "emar", NOW)


def test_the_origin_is_the_place_in_the_topic() -> None:
    reading = read(dose())
    assert isinstance(reading, Accepted)
    assert (reading.origin.door, reading.origin.key) == ("kafka", "dose-events:2:40")


@pytest.mark.parametrize("headers", [STRUCTURED, {}], ids=["content type", "no header"])
def test_a_structured_cloud_event_is_read_with_and_without_its_content_type(headers: dict[str, str]) -> None:
    named = {name.replace("-", "__"): data for name, data in headers.items()}
    assert accepted(cloud(), **named) == accepted(dose())


@pytest.mark.parametrize("kind", ["", "application/json", "application/dosewarden+json; charset=utf-8"])
def test_a_binary_cloud_event_is_read_whatever_json_it_is_called(kind: str) -> None:
    assert accepted(dose(), **BINARY, **({"content__type": kind} if kind else {})) == accepted(dose())


def test_data_in_base64_is_read() -> None:
    event = cloud(data_base64=base64.b64encode(json.dumps(dose()).encode()).decode())
    del event["data"]
    assert accepted(event) == accepted(dose())


def test_numbers_within_a_cloud_event_are_those_of_the_plain_event() -> None:
    stated = dose(dose={"value": "X", "unit": "mg"})
    plain, within = (json.dumps(event).replace('"X"', "0.000000000012") for event in (stated, cloud(stated)))
    assert accepted(within.encode()) == accepted(plain.encode())


def test_an_event_that_speaks_of_cloud_events_in_its_words_is_plain() -> None:
    assert accepted(dose(dose_text='as "specversion" says')).dose_text == 'as "specversion" says'


@pytest.mark.parametrize(
    ("value", "headers", "why"),
    [
        (cloud(specversion="0.3"), {}, "unknown-version"),
        (cloud(id=""), {}, "wrong-envelope"),
        (cloud(source=None), {}, "wrong-envelope"),
        (cloud(type=5), {}, "wrong-envelope"),
        (cloud(datacontenttype="application/xml"), {}, "unknown-media-type"),
        (dose(), BINARY | {"ce_specversion": "2.0"}, "unknown-version"),
        (dose(), BINARY | {"ce_id": ""}, "wrong-envelope"),
        (dose(), {"ce_id": "7"}, "unknown-version"),
        (dose(), {"content__type": "application/avro"}, "unknown-media-type"),
        (dose(), {"content__type": "application/cloudevents-batch+json"}, "unknown-media-type"),
    ],
)
def test_a_wrong_envelope_costs_the_event_and_marks_its_patient(
    value: object, headers: dict[str, str], why: str
) -> None:
    reading = rejected(value, **headers)
    assert reading.rejection.reason == why
    mark = unreadable_fact(reading, DOOR)
    assert mark is not None
    assert (mark.patient, mark.about, mark.received_at) == ("ada", "dose/1", NOW)


def test_a_rejection_keeps_the_whole_record_and_says_nothing_of_it() -> None:
    value = json.dumps(cloud(dose(dose={"value": "-10", "unit": "mg"}))).encode()
    record = rejected(value).rejection
    assert record.reason == "negative-value"
    assert base64.b64decode(record.content) == value
    assert "-10" not in record.detail


@pytest.mark.parametrize(
    ("value", "headers", "why"),
    [
        (None, {}, "not-json"),
        (b"", {}, "not-json"),
        (b"\x00\x01avro", {}, "not-json"),
        (b"[" * 100_000, {}, "nested-too-deep"),
        (b'{"kind": "administration", "kind": "order"}', {}, "duplicate-key"),
        (b'["specversion"]', {}, "wrong-schema"),
        (b'["specversion"]', STRUCTURED, "wrong-envelope"),
        (b"{}", {}, "unknown-kind"),
        (b"x" * (LARGEST_MESSAGE + 1), {}, "too-large"),
        (b'{"specversion": "1.0", "id": "1", "source": "s", "type": "t"}', {}, "wrong-envelope"),
        (json.dumps(cloud("a dose")).encode(), {}, "wrong-schema"),
        (json.dumps(cloud(data_base64="%%")).encode(), {}, "wrong-envelope"),
    ],
)  # fmt: skip
def test_what_tells_no_patient_is_rejected_without_a_mark(
    value: bytes | None, headers: dict[str, str], why: str
) -> None:
    reading = rejected(value, **{name.replace("-", "__"): data for name, data in headers.items()})
    assert reading.rejection.reason == why
    assert unreadable_fact(reading, DOOR) is None


def test_an_event_in_another_kinds_topic_is_rejected_and_told_where_it_belongs() -> None:
    reading = rejected(dose(), "prescription-events")
    assert reading.rejection.reason == "wrong-topic"
    assert "dose-events" in reading.rejection.detail
    assert unreadable_fact(reading, DOOR) is not None


def test_a_sign_of_life_may_come_in_each_topic() -> None:
    beat = {"kind": "heartbeat", "event_id": "h", "source": "emar", "received_at": "2026-03-02T08:00:00Z"}
    for topic in ("prescription-events", "dose-events", "context-events"):
        assert accepted(beat, topic).source == "emar"


@pytest.mark.parametrize("kind", ["tick", "knowledge-activated", "history-ended", "invoice"])
def test_what_is_not_for_sources_to_say_is_no_known_kind(kind: str) -> None:
    assert reason({"kind": kind, "event_id": "x", "received_at": "2026-03-02T08:00:00Z"}) == "unknown-kind"


def test_a_field_of_a_newer_version_is_rejected_not_passed_over() -> None:
    reading = rejected(dose(given_by_pump=True))
    assert reading.rejection.reason == "wrong-schema"
    assert unreadable_fact(reading, DOOR) is not None


def test_a_fault_of_our_own_costs_one_record() -> None:
    class Broken(dict[str, frozenset[str]]):
        def __getitem__(self, topic: str) -> frozenset[str]:
            raise ZeroDivisionError

    reading = RecordReader(DOOR, Broken(Topics().kinds())).read(Received(json.dumps(dose()).encode()))
    assert isinstance(reading, Rejected)
    assert (reading.rejection.reason, reading.rejection.detail) == (
        "failed-reading",
        "reading failed: ZeroDivisionError",
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_events_of_every_version_are_accepted_in_their_topic(example: Example) -> None:
    event = accepted(example.text, example.topic)
    assert (event.kind, event.event_id) == (example.kind, example.stated["event_id"])


def test_a_rejected_record_is_read_again_by_its_value_alone() -> None:
    """Its headers are not kept, and say nothing of the event."""
    origin = rejected(dose(dose={"value": "-1", "unit": "mg"}), **BINARY).rejection.origin
    for original in (dose(), cloud()):
        (again,) = READERS[origin.door](json.dumps(original).encode(), origin, DOOR)
        assert isinstance(again, Accepted)
        assert again.event == accepted(dose())
    (still,) = READERS[origin.door](json.dumps(cloud(id="")).encode(), origin, DOOR)
    assert isinstance(still, Rejected)


def test_the_documentation_shows_an_event_for_each_topic_that_is_accepted_there() -> None:
    text = Path("docs/intake.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"--topic (\S+) <<'EVENT'\n(.+)\nEVENT", text))
    assert set(shown) == set(Topics().kinds())
    for topic, event in shown.items():
        assert accepted(event.encode(), topic).patient == "bed-7"
