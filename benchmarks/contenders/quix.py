"""Quix Streams around the core, with durable state: RocksDB and a changelog topic, at its own defaults.

As good as its interface allows: one state key per fact, so that only what changed is written; the live state
of a patient is kept in memory, so that nothing is read back per event. Its checkpoint (every 5 s) makes state
and offsets durable; the last one is part of the measured time. Run by the interpreter of `.bench-venv`.
Arguments: bootstrap, source topic, issues topic, events.
"""

import sys
import tempfile
from collections.abc import Sequence
from typing import Any, NamedTuple

from quixstreams import Application, State, message_context  # type: ignore[import-not-found]  # in .bench-venv
from quixstreams.models import SerializationContext, Serializer  # type: ignore[import-not-found]

from benchmarks.core_under_test import new_core
from benchmarks.meter import Meter
from services.safety.engine.entity_register import EntityRegister
from services.safety.engine.state import PatientState
from services.safety.processor.contract import Emit


class Read(NamedTuple):
    """A consumed record, as the core reads it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class ValueOf(Serializer):  # type: ignore[misc]
    """The bytes of an emitted record, as they are."""

    def __call__(self, value: Emit, ctx: SerializationContext) -> bytes | None:  # noqa: ARG002 (theirs)
        return value.value


def main(bootstrap: str, source: str, issues: str, expected: int) -> None:
    """Read the topic to its end."""
    core = new_core()
    states: dict[bytes, PatientState | EntityRegister] = {}
    meter = Meter(expected)
    seen = 0
    with tempfile.TemporaryDirectory() as directory:
        app = Application(
            broker_address=bootstrap, consumer_group=f"{source}-quix", auto_offset_reset="earliest",
            state_dir=directory, loglevel="WARNING", producer_extra_config={"acks": "all"},
        )  # fmt: skip

        def judge(value: bytes, key: bytes, _timestamp: int, _headers: Any, state: State) -> Sequence[Emit]:
            nonlocal seen
            meter.start()
            seen += 1
            if seen == expected:
                app.stop()  # the loop ends after this record, with a last checkpoint
            place = message_context()
            event = core.decode(Read(place.topic, place.partition, place.offset, key, value))
            if core.note(place.partition, event):
                return ()
            patient = core.patient(event)
            step = core.step(place.partition, states.get(patient), event)
            states[patient] = step.state
            for entity, payload in core.encode(step.state, step.changed):
                name = f"{entity.kind}\0{entity.id}"
                if payload is None:
                    state.delete(name)
                else:
                    state.set_bytes(name, payload)
            state.set_bytes("h", core.header(step.state))
            return step.emitted

        read = app.topic(source, value_deserializer="bytes", key_deserializer="bytes")
        told = app.topic(issues, value_serializer=ValueOf(), key_serializer="bytes")
        frame = app.dataframe(read)
        frame = frame.apply(judge, stateful=True, expand=True, metadata=True)
        frame.to_topic(told, key=lambda emit: emit.key)
        app.run()
        meter.done(seen)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
