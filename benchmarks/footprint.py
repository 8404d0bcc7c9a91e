"""The core alone, event by event: what it writes to the changelog, and whether a long stay makes it dearer.

No broker and no batching: the changelog bytes are those of an event that comes alone, which is the most there
can be, since a batch writes each changed fact and header once. Keys, values and headers are counted; Kafka's
own framing (some 10 bytes a record) is not. Times are CPU times of one thread.
"""

import time
from collections.abc import Sequence
from statistics import mean, quantiles
from typing import NamedTuple

from benchmarks.core_under_test import Prepared, new_core
from benchmarks.workload import LONG_STAY
from services.safety.engine.entity_register import EntityRegister
from services.safety.engine.state import PatientState
from services.safety.processor.changelog import Item, entity_item, header_item

_TAG = b"0" * 24
"""As long as a source's identity."""


class _Read(NamedTuple):
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Cost(NamedTuple):
    """One event: its patient, CPU of judging, CPU of decoding and encoding, changelog bytes, issues."""

    patient: bytes
    judging_us: float
    codec_us: float
    changelog_bytes: int
    issues: int


class Footprint(NamedTuple):
    """What the events cost; times in microseconds per event."""

    changelog_mean: float
    changelog_p99: float
    long_stay_changelog: tuple[float, float]
    judging_mean: float
    judging_p99: float
    codec_mean: float
    long_stay_judging: tuple[float, float]
    long_stay_codec: tuple[float, float]
    issues: int


def costs(records: Sequence[Prepared]) -> list[Cost]:
    """Each event through the core, in order."""
    core = new_core()
    states: dict[bytes, PatientState | EntityRegister] = {}
    found = []
    for offset, record in enumerate(records):
        begun = time.thread_time_ns()
        event = core.decode(_Read("", record.partition, offset, record.key, record.value))
        core.note(record.partition, event)
        decoded = time.thread_time_ns()
        step = core.step(record.partition, states.get(record.key), event)
        judged = time.thread_time_ns()
        states[record.key] = step.state
        items = [
            entity_item(record.key, entity, payload, offset)
            for entity, payload in core.encode(step.state, step.changed)
        ]
        review = core.next_review(step.state)
        items.append(header_item(record.key, core.header(step.state), offset, _TAG, review))
        encoded = time.thread_time_ns()
        codec = (decoded - begun + encoded - judged) / 1e3
        found.append(
            Cost(record.key, (judged - decoded) / 1e3, codec, sum(map(_size, items)), len(step.emitted))
        )
    return found


def _size(item: Item) -> int:
    return len(item.key) + len(item.value or b"") + sum(len(name) + len(data) for name, data in item.headers)


def footprint(records: Sequence[Prepared]) -> Footprint:
    """The figures of all events, and of the first and the last third of the long stay."""
    all_costs = costs(records)
    stay = [cost for cost in all_costs if cost.patient == LONG_STAY.encode()]
    third = len(stay) // 3
    first, last = stay[:third], stay[-third:]
    return Footprint(
        mean(cost.changelog_bytes for cost in all_costs),
        _p99([cost.changelog_bytes for cost in all_costs]),
        (mean(cost.changelog_bytes for cost in first), mean(cost.changelog_bytes for cost in last)),
        mean(cost.judging_us for cost in all_costs),
        _p99([cost.judging_us for cost in all_costs]),
        mean(cost.codec_us for cost in all_costs),
        (mean(cost.judging_us for cost in first), mean(cost.judging_us for cost in last)),
        (mean(cost.codec_us for cost in first), mean(cost.codec_us for cost in last)),
        sum(cost.issues for cost in all_costs),
    )


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[98]
