"""The undisturbed course of things, on both brokers."""

import json
import signal

import pytest

from schemas.rejections import RejectedEvent
from tests.processor.ward import Ward, agree

ODD = [
    b"{broken", {"do": "decode-raises"}, {"do": "step-raises"}, {"do": "encode-raises"}, {"do":
    "keeps-too-much"}, {"do": "says-too-much"},
]  # fmt: skip


def judged(ward: Ward) -> None:
    ward.send(3000, odd=ODD)
    worker = ward.worker()
    ward.until_done()
    assert worker.end(signal.SIGTERM) == 0, worker.tail()
    agree(ward)
    assert ward.repeated() == 0
    rejects = [RejectedEvent.model_validate_json(m.value()) for m in ward.read(ward.rejects)]
    assert sorted(reject.reason for reject in rejects) == [
        "decode-failed", "encode-failed", "not-json", "step-failed", "too-large", "too-large",
    ]  # fmt: skip
    assert {reject.hop for reject in rejects} == {"safety"}


@pytest.mark.embedded
@pytest.mark.slow
def test_bad_records_cost_only_themselves_on_the_stand_in(
    embedded_ward: Ward,
) -> None:
    judged(embedded_ward)


@pytest.mark.kafka
@pytest.mark.slow
def test_bad_records_cost_only_themselves_on_kafka(ward: Ward) -> None:
    judged(ward)
    beats = [json.loads(m.value()) for m in ward.read(ward.issues) if m.key().startswith(b"heartbeat:")]
    assert {beat["partition"] for beat in beats} == set(range(ward.partitions))
