"""Who is answered at the MLLP door, by certificate or by address, and of what it may speak."""

import asyncio
import logging
import ssl
from pathlib import Path

import pytest

from schemas.clinical import UnreadableFact
from services.intake.mllp.framing import framed
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.authority import Authority
from tests.intake.http_door import events, rejections
from tests.intake.mllp_peer import Peer, dose, order
from tests.intake.sourced import Served, declared, served

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "West Hospital CA")


async def connected(doors: Served, tls: ssl.SSLContext | None = None) -> Peer:
    name = "localhost" if tls is not None else None
    return Peer(
        *await asyncio.open_connection(doors.mllp.host, doors.mllp.port, ssl=tls, server_hostname=name)
    )


async def test_a_certificate_names_the_source_whatever_the_message_says(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path
) -> None:
    engine = authority.signed("pharmacy engine", "engine.west.example")
    sources = declared(
        tmp_path, "name: engine, certificate: {san: 'DNS:engine.west.example'}, facilities: any, kinds: any"
    )
    async with served(embedded_broker, sources, authority, mllp=True) as doors:
        peer = await connected(doors, authority.client(engine))
        assert await peer.brings(dose("A1")) == ("AA", "A1")
        assert await peer.brings(dose("A2", f3="nonsense")) == ("AE", "A2")
        peer.writer.transport.abort()
    assert {event.source for event in await events(embedded_broker)} == {"engine"}
    (record,) = await rejections(embedded_broker)
    assert (record.source, record.origin.peer) == ("engine", "pharmacy engine")


async def test_a_certificate_of_nobody_known_is_hung_up_on_with_a_word_in_the_log(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sources = declared(
        tmp_path,
        "name: engine, certificate: {subject: 'CN=engine,O=West Hospital'}, facilities: any, kinds: any",
    )
    async with served(embedded_broker, sources, authority, mllp=True) as doors:
        for number in (1, 2):
            stranger = await connected(doors, authority.client(authority.signed("stranger")))
            stranger.writer.write(framed(dose("B1")))
            assert await stranger.hung_up() == b""
            stranger.writer.transport.abort()
            assert f"stranger is turned away: it is none of the sources ({number} so far)" in caplog.text
        known = await connected(doors, authority.client(authority.signed("engine")))
        assert await known.brings(dose("B2")) == ("AA", "B2")
        known.writer.transport.abort()
    assert len(await events(embedded_broker)) == 1


@pytest.mark.parametrize(("network", "enters"), [("127.0.0.0/30", True), ("127.0.0.2/31", False)])
async def test_an_address_is_believed_within_its_network_only_and_said_so_loudly(
    embedded_broker: EmbeddedBroker,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    network: str,
    enters: bool,
) -> None:
    caplog.set_level(logging.INFO)
    sources = declared(tmp_path, f"name: pump, address: {network}, facilities: any, kinds: any")
    async with served(embedded_broker, sources, mllp=True) as doors:
        assert f"whoever has an address of {network} is taken for pump" in caplog.text
        peer = await connected(doors)
        if enters:
            assert await peer.brings(dose("C1")) == ("AA", "C1")
        else:
            peer.writer.write(framed(dose("C1")))
            assert await peer.hung_up() == b""
        peer.writer.transport.abort()
    assert [event.source for event in await events(embedded_broker)] == (["pump"] if enters else [])


async def test_a_kind_that_a_source_may_not_state_is_refused_and_marks_its_patient(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    sources = declared(tmp_path, "name: cpoe, address: 127.0.0.1, facilities: any, kinds: [order]")
    async with served(embedded_broker, sources, mllp=True) as doors:
        peer = await connected(doors)
        assert await peer.brings(order("D1")) == ("AA", "D1")
        await peer.send(framed(dose("D2")))
        _, msa, err = await peer.answer()
        assert msa[1:3] == ["AR", "D2"]
        assert (err[3].split("^")[0], err[5].split("^")[0]) == ("207", "source-not-allowed")
        mixed = dose("D3") + b"AL1|1|DA|^penicillin\r"
        assert (await peer.brings(mixed))[0] == "AR", "nothing of it is an order"
        peer.writer.transport.abort()
    stated = await events(embedded_broker)
    assert {event.kind for event in stated} == {"order", "unreadable"}
    assert {event.reason for event in stated if isinstance(event, UnreadableFact)} == {"source-not-allowed"}
    assert {record.reason for record in await rejections(embedded_broker)} == {"source-not-allowed"}


async def test_what_else_a_message_says_is_taken(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    sources = declared(tmp_path, "name: mar, address: 127.0.0.1, facilities: any, kinds: [administration]")
    async with served(embedded_broker, sources, mllp=True) as doors:
        peer = await connected(doors)
        assert (await peer.brings(dose("E1") + b"AL1|1|DA|^penicillin\r"))[0] == "AE"
        peer.writer.transport.abort()
    assert {event.kind for event in await events(embedded_broker)} == {"administration", "unreadable"}


@pytest.mark.parametrize(("listed", "code"), [("[EAST, WEST]", "AA"), ("[EAST]", "AR")])
async def test_a_facility_is_told_by_msh_4(
    embedded_broker: EmbeddedBroker, tmp_path: Path, listed: str, code: str
) -> None:
    sources = declared(
        tmp_path, f"name: mar, address: 127.0.0.1, facilities: {listed}, kinds: [administration]"
    )
    async with served(embedded_broker, sources, mllp=True) as doors:
        peer = await connected(doors)
        assert await peer.brings(dose("F1")) == (code, "F1")
        without = dose("F2").replace(b"|MAR|WEST|", b"|MAR||")
        assert await peer.brings(without) == ("AR", "F2"), "a facility that is not named is not on the list"
        peer.writer.transport.abort()
    kinds = [event.kind for event in await events(embedded_broker)]
    assert kinds == (["administration"] if code == "AA" else [])
