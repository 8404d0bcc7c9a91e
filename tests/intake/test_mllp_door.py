"""Orders and doses over real sockets into a real topic: an AA is said when Kafka has them, and not before."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from schemas.clinical import CLINICAL_EVENT, PatientFact
from schemas.rejections import RejectedEvent
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.intake.mllp.framing import framed
from services.intake.mllp.limits import Limits
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.hanging import hang
from tests.intake.hl7v2_writing import facts, told
from tests.intake.mllp_peer import WITHIN_S, door_at, dose, order, peer_of
from tests.intake.test_publisher import SITE, records_of

pytestmark = pytest.mark.embedded

JANE = SITE.patient_key(facts(told(dose()))[0].patient)


@pytest.fixture
def stopped_broker(embedded_broker: EmbeddedBroker) -> Iterator[EmbeddedBroker]:
    """A broker that may be made to hang until it gets SIGCONT."""
    assert embedded_broker.pid is not None
    yield embedded_broker
    os.kill(embedded_broker.pid, signal.SIGCONT)


async def events_of(broker: EmbeddedBroker) -> list[PatientFact]:
    """What Jane's partition holds, all of it under her key."""
    records = (await records_of(broker, PATIENT_EVENTS.name))[partition_of(JANE, 4)]
    assert {record.key for record in records} <= {JANE.encode()}
    return [CLINICAL_EVENT.validate_json(record.value) for record in records]


async def rejections_of(broker: EmbeddedBroker) -> list[RejectedEvent]:
    found = await records_of(broker, REJECTED_EVENTS.name)
    return [RejectedEvent.model_validate_json(one.value) for records in found.values() for one in records]


async def test_an_order_and_a_dose_are_in_their_patients_partition_when_they_are_acknowledged(
    embedded_broker: EmbeddedBroker,
) -> None:
    async with door_at(embedded_broker.bootstrap) as server, peer_of(server) as peer:
        assert await peer.brings(order("A1")) == ("AA", "A1")
        assert [event.kind for event in await events_of(embedded_broker)] == ["order"]
        assert await peer.brings(dose("A2")) == ("AA", "A2")
        events = await events_of(embedded_broker)
        assert [event.kind for event in events] == ["order", "administration"]
        assert events[1].patient == JANE


async def test_without_kafka_nothing_is_acknowledged_and_what_is_sent_again_arrives(
    stopped_broker: EmbeddedBroker,
) -> None:
    assert stopped_broker.pid is not None
    async with door_at(stopped_broker.bootstrap, patience_s=1.0) as server:
        async with peer_of(server) as peer:
            assert await peer.brings(dose("B1")) == ("AA", "B1")
            hang(stopped_broker.pid)
            await peer.send(framed(dose("B2")))
            assert await peer.hung_up() == b"", "no answer: every engine sends again what got none"
        os.kill(stopped_broker.pid, signal.SIGCONT)
        async with peer_of(server) as peer:
            assert await peer.brings(dose("B2")) == ("AA", "B2")
        entities = {event.entity for event in await events_of(stopped_broker)}
        assert len(entities) == 2


async def test_a_broker_that_is_gone_is_told_by_ar_where_the_site_wants_it_so() -> None:
    async with door_at("127.0.0.1:1", reject_unstored=True) as server, peer_of(server) as peer:
        await peer.send(framed(dose("C1")))
        _, msa, err = await peer.answer()
        assert msa[1:3] == ["AR", "C1"]
        assert err[3].startswith("207^")
        assert await peer.brings(dose("C2")) == ("AR", "C2"), "the connection goes on"


async def test_a_client_that_does_not_wait_is_answered_in_order(embedded_broker: EmbeddedBroker) -> None:
    names = [f"D{number}" for number in range(100)]
    async with door_at(embedded_broker.bootstrap) as server, peer_of(server) as peer:
        await peer.send(b"".join(framed(dose(name)) for name in names))
        assert [(await peer.answer())[1][1:3] for _ in names] == [["AA", name] for name in names]
    assert len(await events_of(embedded_broker)) == 100


@pytest.mark.parametrize("burst", [2, 15, 16, 17])
async def test_bursts_are_answered_in_order_also_while_the_next_one_is_gathered(
    embedded_broker: EmbeddedBroker, burst: int
) -> None:
    names = [f"F{number}" for number in range(3 * burst)]
    async with door_at(embedded_broker.bootstrap) as server, peer_of(server) as peer:
        answered = []
        for first in range(0, len(names), burst):
            await peer.send(b"".join(framed(dose(name)) for name in names[first : first + burst]))
            answered.append((await peer.answer())[1][1:3])
        answered += [(await peer.answer())[1][1:3] for _ in names[3:]]
    assert answered == [["AA", name] for name in names]
    assert len(await events_of(embedded_broker)) == len(names)


async def test_one_bad_dose_of_two_is_rejected_alone_and_a_repetition_is_the_same_event(
    embedded_broker: EmbeddedBroker,
) -> None:
    second = dose("E1").decode().replace("RXA|1", "RXA|2").replace("|10|mg", "|ten|mg")
    content = dose("E1") + (second.split("\r")[3] + "\r").encode()
    async with door_at(embedded_broker.bootstrap) as server, peer_of(server) as peer:
        for _ in range(2):
            assert await peer.brings(content) == ("AE", "E1")
    events = [event for event in await events_of(embedded_broker) if event.kind == "administration"]
    assert len({event.event_id for event in events}) == 1
    found = await rejections_of(embedded_broker)
    assert {record.origin.peer for record in found} == {"127.0.0.1"}
    assert len({(record.origin.key, record.sha256) for record in found}) == 1


async def test_twenty_peers_are_answered_while_one_trickles_and_one_talks_nonsense(
    embedded_broker: EmbeddedBroker,
) -> None:
    async with door_at(embedded_broker.bootstrap) as server, peer_of(server) as slow:
        trickle = iter(framed(dose("slow")))

        async def nonsense() -> None:
            async with peer_of(server) as peer:
                await peer.send(b"\x00\xff GET / HTTP/1.1\r\n" * 10_000)
                assert await peer.hung_up() == b""

        async def brings(name: str) -> None:
            async with peer_of(server) as peer:
                for number in range(5):
                    await slow.send(bytes([next(trickle)]))
                    assert await peer.brings(dose(f"{name}x{number}")) == ("AA", f"{name}x{number}")

        async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as peers:
            peers.create_task(nonsense())
            for number in range(18):
                peers.create_task(brings(f"F{number}"))
        await slow.send(bytes(trickle))
        assert (await slow.answer())[1][1:3] == ["AA", "slow"]
        assert server.broken == 0


async def test_a_message_beyond_the_limit_is_refused_by_its_id_and_the_connection_goes_on(
    embedded_broker: EmbeddedBroker,
) -> None:
    large = dose("G1") + b"NTE|1||" + b"x" * 200_000 + b"\r"
    limits = Limits(largest=100_000)
    async with door_at(embedded_broker.bootstrap, limits=limits) as server, peer_of(server) as peer:
        assert await peer.brings(large) == ("AR", "G1")
        assert await peer.brings(dose("G2")) == ("AA", "G2")
    (record,) = await rejections_of(embedded_broker)
    assert (record.reason, record.length) == ("too-large", len(large))
    assert record.mark is not None
    assert record.detail.endswith("only who is named at its beginning shows it")
    mark, given = await events_of(embedded_broker)
    assert (mark, given.kind) == (record.mark, "administration")


async def test_a_message_that_was_never_ended_is_kept_as_rejected(embedded_broker: EmbeddedBroker) -> None:
    limits = Limits(frame_s=0.2)
    async with door_at(embedded_broker.bootstrap, limits=limits) as server, peer_of(server) as peer:
        await peer.send(framed(dose("H1"))[:-20])
        assert await peer.hung_up() == b""
    (record,) = await rejections_of(embedded_broker)
    assert record.reason == "cut-off"
    assert record.mark is None
    assert await events_of(embedded_broker) == []


async def test_a_silent_peer_is_hung_up_on_and_one_too_many_is_turned_away(
    embedded_broker: EmbeddedBroker,
) -> None:
    limits = Limits(idle_s=0.2)
    async with door_at(embedded_broker.bootstrap, limits=limits) as server, peer_of(server) as peer:
        assert await peer.hung_up() == b""
    limits = Limits(connections=1)
    async with door_at(embedded_broker.bootstrap, limits=limits) as server, peer_of(server) as first:
        assert await first.brings(dose("I1")) == ("AA", "I1")
        async with peer_of(server) as second:
            assert await second.hung_up() == b""
        assert await first.brings(dose("I2")) == ("AA", "I2")


async def test_a_door_that_closes_answers_what_was_brought(embedded_broker: EmbeddedBroker) -> None:
    async with door_at(embedded_broker.bootstrap) as server, peer_of(server) as peer:
        assert await peer.brings(dose("J1")) == ("AA", "J1")
        await peer.send(framed(dose("J2")))
        assert (await peer.answer())[1][1:3] == ["AA", "J2"]
        closing = asyncio.create_task(server.__aexit__(None, None, None))
        assert await peer.hung_up() == b""
        await closing
        assert server.connections == 0
