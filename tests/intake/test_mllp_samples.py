"""All sample messages through a real socket: what each is answered, as codes and reasons; nothing of them."""

import json
from collections import Counter
from pathlib import Path

import pytest

from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS
from services.intake.mllp.framing import framed
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.mllp_peer import door_at, peer_of
from tests.intake.test_publisher import records_of
from tests.intake.writing import SAMPLES

pytestmark = pytest.mark.embedded

GOLDEN = Path(__file__).parent / "examples" / "mllp_samples.json"
"""Per file the code of table 0008 and the reasons of its ERR segments; and what Kafka has in the end."""


def said(answer: list[list[str]]) -> str:
    """An answer in a word for each of its faults."""
    msa, *errors = answer[1:]
    words = [
        f"{err[4]}:{err[5].split('^')[0]}" if len(err) > 4 else f"E:{err[1].count('~') + 1}" for err in errors
    ]
    counted = Counter(words)
    return " ".join([msa[1], *(f"{word} x{count}" for word, count in sorted(counted.items()))])


async def test_each_sample_is_answered_as_a_person_agrees_who_reads_it(
    embedded_broker: EmbeddedBroker,
) -> None:
    files = sorted((SAMPLES / "hl7v2").glob("*.hl7"))
    if not files:
        pytest.skip("the sample messages are not on this machine")
    answers = {}
    async with door_at(embedded_broker.bootstrap) as server, peer_of(server) as peer:
        for file in files:
            await peer.send(framed(file.read_bytes()))
            answers[file.stem] = said(await peer.answer())
        assert (server.broken, server.connections) == (0, 1)
    stored = {
        topic: sum(map(len, (await records_of(embedded_broker, topic)).values()))
        for topic in (PATIENT_EVENTS.name, REJECTED_EVENTS.name)
    }
    assert json.loads(GOLDEN.read_text()) == {"answers": answers, "records": stored}
