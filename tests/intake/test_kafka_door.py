"""The Kafka door as processes: nothing lost whatever happens to them, and order within each partition."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.issues import DETECTED_ISSUE_RECORD, RecordsLost
from schemas.stream_events import KnowledgeActivated, SourceHeartbeat
from services.intake.door import Door
from services.intake.formats import read
from services.intake.kafka.__main__ import main
from services.intake.keying import keyed
from services.intake.reading import Accepted
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.real_kafka import RealKafka
from tests.intake.kafka_hospital import Hospital
from tests.intake.test_events import dose
from tests.intake.test_publisher import SITE
from tests.stream.workers import SESSION_S

PACE_S = 0.0005
AT = "2026-03-02T08:00:00Z"
ORDER = dose(kind="order", event_id="o", entity="order/1", state="active") | {"dosages": []}
del ORDER["dose"]


@pytest.fixture
def hospital(embedded_broker: EmbeddedBroker, topic_prefix: str, tmp_path: Path) -> Iterator[Hospital]:
    """A hospital on the stand-in; groups take 3 s to form there."""
    hospital = Hospital(embedded_broker.bootstrap, topic_prefix, tmp_path, real=False)
    yield hospital
    hospital.close()


@pytest.fixture
def clinic(real_kafka: RealKafka, topic_prefix: str, tmp_path: Path) -> Iterator[Hospital]:
    """A hospital on a real Kafka."""
    clinic = Hospital(real_kafka.bootstrap, topic_prefix, tmp_path, real=True)
    yield clinic
    clinic.close()


@pytest.mark.embedded
def test_each_topic_is_forwarded_and_a_damaged_record_costs_only_itself(hospital: Hospital) -> None:
    binary = {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "/emar", "ce_type": "dose"}
    cloud = {"specversion": "1.0", "id": "2", "source": "/emar", "type": "merge", "data": {
        "kind": "merge", "event_id": "m", "patient": "ada", "entity": "merge/1", "survivor": "ben",
        "effective_at": AT, "recorded_at": AT, "received_at": AT, "source": "adt"}}  # fmt: skip
    hospital.put(hospital.prescriptions, ORDER, partition=1)
    hospital.put(hospital.doses, dose(event_id="a"), partition=3, headers=binary)
    hospital.put(hospital.doses, b"\x00damaged", partition=3)
    hospital.put(hospital.doses, dose(event_id="b", entity="dose/2"), partition=3)
    hospital.put(hospital.doses, ORDER | {"event_id": "lost", "entity": "order/2"}, partition=2)
    hospital.put(hospital.context, cloud, partition=0)
    hospital.put(
        hospital.context, {"kind": "heartbeat", "event_id": "h", "source": "emar", "received_at": AT}
    )
    hospital.flush()
    worker = hospital.worker()
    hospital.until_done()
    assert worker.end() == 0, worker.tail()
    events = hospital.forwarded()
    assert sorted(event.kind for event in events) == [
        "administration", "administration", *["heartbeat"] * 4, "merge", "order", "unreadable",
    ]  # fmt: skip
    assert [event.event_id for event in events if event.kind == "administration"] == ["a", "b"]
    (merge,) = [event for event in events if event.kind == "merge"]
    assert (merge.patient, merge.survivor) == (SITE.patient_key("ada"), SITE.patient_key("ben"))
    (mark,) = [event for event in events if event.kind == "unreadable"]
    assert (mark.patient, mark.about, mark.reason) == (SITE.patient_key("ada"), "order/2", "wrong-topic")
    found = {
        (one.reason, one.origin.door, one.origin.topic, one.origin.partition) for one in hospital.rejections()
    }
    assert found == {
        ("not-json", "kafka", hospital.doses, 3),
        ("wrong-topic", "kafka", hospital.doses, 2),
    }
    assert "damaged" not in worker.text()
    assert "ada" not in worker.text()


@pytest.mark.embedded
def test_a_morning_arrives_as_it_does_from_a_file(hospital: Hospital) -> None:
    morning = Path("tests/intake/examples/morning.events.jsonl")
    homes = {"order": hospital.prescriptions, "administration": hospital.doses}
    for line in morning.read_bytes().splitlines():
        hospital.put(homes.get(json.loads(line)["kind"], hospital.context), line)
    hospital.flush()
    hospital.worker()
    hospital.until_done()
    from_file = [
        reading.event for reading in read("events", [morning], Door()) if isinstance(reading, Accepted)
    ]
    facts = [event for event in from_file if not isinstance(event, SourceHeartbeat | KnowledgeActivated)]
    found = [event for event in hospital.forwarded() if event.kind != "heartbeat"]
    assert len(facts) > 3
    assert sorted(found, key=str) == sorted((keyed(fact, SITE) for fact in facts), key=str)


@pytest.mark.embedded
def test_live_events_are_received_by_the_clock(hospital: Hospital) -> None:
    before = datetime.now(UTC)
    hospital.put(hospital.doses, dose())
    hospital.flush()
    hospital.worker(TIME_DOMAIN="live")
    hospital.until_done()
    (event,) = hospital.forwarded()
    assert before <= event.received_at <= datetime.now(UTC)


@pytest.mark.embedded
def test_a_sign_of_life_does_not_overtake_doses_that_wait(hospital: Hospital) -> None:
    def beat(name: str) -> dict[str, str]:
        return {"kind": "heartbeat", "event_id": name, "source": "emar", "received_at": AT}

    hospital.put(hospital.doses, beat("early"))
    for number in range(1_000):
        hospital.put(hospital.doses, dose(event_id=f"d{number}", entity=f"dose/{number}"))
    hospital.put(hospital.doses, beat("late"))
    hospital.flush()
    hospital.worker()
    hospital.until_done()
    events = hospital.forwarded()
    assert [event.event_id for event in events if event.kind == "heartbeat"] == ["late"] * 4
    assert len(events) == 1_004


@pytest.mark.embedded
def test_a_fetch_that_takes_longer_than_a_lease_is_forwarded(hospital: Hospital) -> None:
    """On a machine that is short of time such a fetch would else end every worker that gets it."""
    for number in range(250):
        hospital.put(hospital.doses, dose(event_id=f"d{number}", entity=f"dose/{number}"))
    hospital.flush()
    worker = hospital.worker(pace_s=0.6 * SESSION_S / 250)
    hospital.until_done()
    assert worker.end() == 0, worker.tail()
    assert len(hospital.forwarded()) == 250


@pytest.mark.embedded
def test_an_event_that_grows_beyond_what_is_written_is_rejected_and_marked(hospital: Hospital) -> None:
    codings = [{"system": "local", "code": f"{number:06}"} for number in range(20_000)]
    hospital.put(hospital.doses, dose(entity="large", medication={"codings": codings}))
    hospital.put(hospital.doses, dose(entity="small"))
    hospital.flush()
    hospital.worker()
    hospital.until_done()
    mark, small = hospital.forwarded()
    assert (mark.kind, mark.about, mark.reason) == ("unreadable", "large", "too-large")
    assert small.entity == "small"
    (rejection,) = hospital.rejections()
    assert (rejection.reason, rejection.origin.offset) == ("too-large", 0)


@pytest.mark.embedded
@pytest.mark.slow
def test_killed_three_times_on_the_stand_in(hospital: Hospital) -> None:
    hospital.give(1500)
    for _ in range(3):
        worker = hospital.worker(pace_s=PACE_S)
        hospital.give_until_forwarded(worker, 400)
        worker.end(signal.SIGKILL)
    hospital.worker()
    hospital.until_done()
    hospital.agrees()


@pytest.mark.kafka
@pytest.mark.slow
def test_killed_three_times_on_a_real_kafka(clinic: Hospital) -> None:
    clinic.give(3000)
    for _ in range(3):
        worker = clinic.worker(pace_s=PACE_S)
        clinic.give_until_forwarded(worker, 600)
        worker.end(signal.SIGKILL)
    clinic.worker()
    clinic.until_done()
    assert clinic.agrees() > 0, "no kill fell between sending and committing"


@pytest.mark.kafka
@pytest.mark.slow
def test_workers_come_and_go(clinic: Hospital) -> None:
    clinic.give(1000)
    first = clinic.worker(pace_s=PACE_S)
    clinic.give_until_forwarded(first, 300)
    second = clinic.worker(pace_s=PACE_S)
    clinic.give_until_forwarded(second, 300)
    assert first.end() == 0, first.tail()
    third = clinic.worker(pace_s=PACE_S)
    clinic.give_until_forwarded(third, 300)
    second.end(signal.SIGKILL)
    clinic.give(600)
    clinic.until_done()
    clinic.agrees()


@pytest.mark.kafka
def test_a_write_without_kafkas_word_ends_the_worker_and_is_sent_again(clinic: Hospital) -> None:
    clinic.give(1500)
    worker = clinic.worker(fault="broken:2")
    assert worker.wait() == 1
    assert "FAILED: KafkaError" in worker.text()
    clinic.worker()
    clinic.until_done()
    assert clinic.agrees() > 0, "what was written before the failure is written again, with the same ids"


@pytest.mark.kafka
def test_offsets_committed_before_kafkas_word_would_lose_doses(clinic: Hospital) -> None:
    """The damage that the order forward, await, commit prevents."""
    clinic.give(1500)
    assert clinic.worker(fault="early:2").wait() == 1
    clinic.worker()
    clinic.until_done()
    with pytest.raises(AssertionError, match="lost"):
        clinic.agrees()


@pytest.mark.kafka
def test_fetches_that_vanish_are_asked_for_again(clinic: Hospital) -> None:
    clinic.give(3000)
    worker = clinic.worker(fault="vanish:0.2")
    clinic.until_done()
    clinic.agrees()
    assert "seeking" in worker.text()


@pytest.mark.kafka
@pytest.mark.slow
def test_kafka_goes_down_and_comes_back(own_kafka: RealKafka, topic_prefix: str, tmp_path: Path) -> None:
    hospital = Hospital(own_kafka.bootstrap, topic_prefix, tmp_path, real=True)
    try:
        hospital.give(3000)
        worker = hospital.worker(pace_s=PACE_S)
        hospital.give_until_forwarded(worker, 600)
        own_kafka.kill()
        own_kafka.start()
        hospital.give(300)
        if worker.process.poll() is not None:
            assert worker.wait() == 1, worker.tail()
        hospital.worker()
        hospital.until_done()
        hospital.agrees()
    finally:
        hospital.close()


@pytest.mark.kafka
def test_records_removed_unread_are_told(clinic: Hospital) -> None:
    clinic.put(clinic.doses, dose())
    clinic.flush()
    worker = clinic.worker()
    clinic.until_done()
    worker.end()
    for number in range(3):
        clinic.put(clinic.doses, dose(event_id=f"gone-{number}"))
    clinic.flush()
    clinic.remove(clinic.doses, before=3)
    clinic.worker()
    clinic.until_done()
    (rejection,) = clinic.rejections()
    assert (rejection.reason, rejection.hop, rejection.origin.offset) == ("records-lost", "intake", 1)
    (told,) = [DETECTED_ISSUE_RECORD.validate_json(message.value()) for message in clinic.read(clinic.issues)]
    assert isinstance(told, RecordsLost)
    assert (told.topic, told.first, told.last) == (clinic.doses, 1, 2)
    assert {event.event_id for event in clinic.forwarded()} == {"d", "gone-2"}


@pytest.mark.kafka
def test_offsets_beyond_the_end_of_a_topic_are_refused(clinic: Hospital) -> None:
    clinic.put(clinic.doses, dose())
    clinic.flush()
    clinic.commit(clinic.doses, 50)
    worker = clinic.worker()
    assert worker.wait() == 3
    assert f"has read {clinic.doses}[0] up to 50, but it ends at 1" in worker.text()
    assert clinic.forwarded() == []


@pytest.mark.kafka
def test_a_missing_topic_is_refused_by_name(clinic: Hospital) -> None:
    worker = clinic.worker(CONTEXT_TOPIC="no-such-topic")
    assert worker.wait() == 3
    assert "REFUSED: topic no-such-topic is not there" in worker.text()


def test_a_short_site_key_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"DOSEWARDEN_SITE_KEY": "short"}) == 2
    assert "at least 16" in capsys.readouterr().err
