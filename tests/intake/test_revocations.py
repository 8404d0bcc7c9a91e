"""A certificate that its authority revoked gets in at no door, from when the list says so."""

import asyncio
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from services.intake.mllp.framing import framed
from services.intake.revoking import revocation_lists
from services.intake.settings import BadSettings, Prefixed
from services.intake.tls import server_tls
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.authority import Authority, Identity
from tests.intake.http_door import FHIR
from tests.intake.mllp_peer import WITHIN_S, Peer, dose
from tests.intake.sourced import Served, declared, served
from tests.intake.test_intake_service import body

TURNED_AWAY = (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)
SOURCES = (
    "name: engine, certificate: {subject: 'CN=engine,O=West Hospital'}, facilities: any, kinds: any",
    "name: pumps, certificate: {subject: 'CN=pumps,O=West Hospital'}, facilities: any, kinds: any",
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "authority").mkdir()
    return Authority(tmp_path / "authority", "West Hospital CA")


async def connected(doors: Served, tls: ssl.SSLContext) -> Peer:
    address = doors.mllp
    return Peer(
        *await asyncio.open_connection(address.host, address.port, ssl=tls, server_hostname="localhost")
    )


async def answered(doors: Served, tls: ssl.SSLContext, name: str) -> bool:
    """Whether a dose by MLLP is answered; a peer that TLS turns away hears it when it reads."""
    try:
        peer = await connected(doors, tls)
    except TURNED_AWAY:
        return False
    try:
        await peer.brings(dose(name))
    except TURNED_AWAY:
        return False
    finally:
        peer.writer.transport.abort()
    return True


def spoken(
    address: tuple[str, int], tls: ssl.SSLContext, words: bytes, session: ssl.SSLSession | None
) -> tuple[ssl.SSLSession | None, bytes]:
    """The session of a connection, which resumes the one that is given, and the answer to some words."""
    with (
        socket.create_connection(address, WITHIN_S) as plain,
        tls.wrap_socket(plain, server_hostname="localhost", session=session) as wire,
    ):
        wire.sendall(words)
        answer = wire.recv(65_536)
        return wire.session, answer


async def posted(doors: Served, tls: ssl.SSLContext, name: str) -> int | None:
    """The status of a dose by HTTP; None where TLS turns it away."""
    async with httpx.AsyncClient(base_url=doors.http, verify=tls) as http:
        try:
            place = "/fhir/R4/MedicationAdministration"
            return (await http.post(place, content=body(name), headers=FHIR)).status_code
        except httpx.TransportError:
            return None


@pytest.mark.embedded
async def test_what_is_revoked_gets_in_at_no_door_and_what_is_not_does(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path
) -> None:
    engine, pumps = authority.signed("engine"), authority.signed("pumps")
    revoked = authority.revoking(tmp_path / "revoked.pem", pumps)
    async with served(
        embedded_broker, declared(tmp_path, *SOURCES), authority, mllp=True, revoked=revoked
    ) as doors:
        assert await answered(doors, authority.client(engine), "A1")
        assert await posted(doors, authority.client(engine), "a1") == 201
        assert not await answered(doors, authority.client(pumps), "A2")
        assert await posted(doors, authority.client(pumps), "a2") is None


@pytest.mark.embedded
async def test_a_list_that_changes_ends_connections_and_counts_from_then_on(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path
) -> None:
    engine, pumps = authority.signed("engine"), authority.signed("pumps")
    place = authority.revoking(tmp_path / "revoked.pem", engine)
    async with served(
        embedded_broker, declared(tmp_path, *SOURCES), authority, mllp=True, revoked=place
    ) as doors:
        peer = await connected(doors, authority.client(pumps))
        assert await peer.brings(dose("B1")) == ("AA", "B1")
        place.write_text("no list")
        assert await peer.brings(dose("B2")) == ("AA", "B2")
        authority.revoking(place, pumps)
        assert await peer.hung_up() == b""
        peer.writer.transport.abort()
        assert not await answered(doors, authority.client(pumps), "B3")
        assert await posted(doors, authority.client(pumps), "b3") is None
        assert await answered(doors, authority.client(engine), "B4"), "it is on the list no more"


@pytest.mark.embedded
async def test_past_the_end_of_its_list_no_certificate_is_believed(
    embedded_broker: EmbeddedBroker,
    authority: Authority,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = authority.signed("engine")
    over = authority.revoking(tmp_path / "revoked.pem", valid_days=-1)
    async with served(
        embedded_broker, declared(tmp_path, *SOURCES), authority, mllp=True, revoked=over
    ) as doors:
        assert not await answered(doors, authority.client(engine), "C1")
        assert await posted(doors, authority.client(engine), "c1") is None
    assert "revoked.pem is over" in caplog.text


@pytest.mark.embedded
@pytest.mark.parametrize("door", ["mllp", "http"])
async def test_no_session_is_resumed_past_the_list(
    embedded_broker: EmbeddedBroker, authority: Authority, tmp_path: Path, door: str
) -> None:
    pumps = authority.signed("pumps")
    place = authority.revoking(tmp_path / "revoked.pem")
    client = authority.client(pumps)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    async with served(
        embedded_broker, declared(tmp_path, *SOURCES), authority, mllp=True, revoked=place
    ) as doors:
        mllp = (doors.mllp.host, doors.mllp.port)
        http = ("127.0.0.1", int(doors.http.rpartition(":")[2]))
        address, words, good = {
            "mllp": (mllp, framed(dose("D1")), b"|AA|D1"),
            "http": (http, b"GET /healthz HTTP/1.1\r\nhost: door\r\n\r\n", b" 200 "),
        }[door]
        session, first = await asyncio.to_thread(spoken, address, client, words, None)
        assert good in first
        authority.revoking(place, pumps)
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    _, again = await asyncio.to_thread(spoken, address, client, words, session)
                except (ssl.SSLError, ConnectionError):
                    break
                if not again:
                    break


def settings(authority: Authority, door: Identity, **more: object) -> dict[str, str]:
    stated = {
        "CERTIFICATE": door.certificate, "KEY": door.key, "CLIENT_CA": authority.file, **more,
    }  # fmt: skip
    return {f"DOSEWARDEN_INTAKE_HTTP_{name}": str(value) for name, value in stated.items()}


def lists_of(environment: dict[str, str]) -> int:
    get = Prefixed(environment)
    tls = server_tls(get, "INTAKE_HTTP", required=False)
    return len(revocation_lists(get, {"INTAKE_HTTP": tls, "INTAKE_MLLP": None}))


def test_a_list_that_cannot_be_used_is_refused_at_the_start(authority: Authority, tmp_path: Path) -> None:
    door = authority.signed("the door")
    good = authority.revoking(tmp_path / "good.pem")
    assert lists_of(settings(authority, door)) == 0
    assert lists_of(settings(authority, door, CLIENT_CRL=good)) == 1
    (tmp_path / "strange").mkdir()
    foreign = Authority(tmp_path / "strange", "West Hospital CA").revoking(tmp_path / "foreign.pem")
    for file, why in (
        (foreign, "is not signed by the door's authority"),
        (door.certificate, "holds no revocation list"),
        (tmp_path / "nowhere.pem", "nowhere.pem cannot be read"),
    ):
        with pytest.raises(BadSettings, match=f"DOSEWARDEN_INTAKE_HTTP_CLIENT_CRL cannot be used: .*{why}"):
            lists_of(settings(authority, door, CLIENT_CRL=file))
    with pytest.raises(BadSettings, match="DOSEWARDEN_INTAKE_HTTP_CLIENT_CA: set that, too"):
        lists_of(settings(authority, door, CLIENT_CRL=good, CLIENT_CA=""))
