"""Where the MLLP door listens, and whom it lets in: plainly on this machine, beyond it by certificate."""

import asyncio
import ssl
from pathlib import Path

import pytest

from schemas.rejections import RejectedEvent
from schemas.topics import REJECTED_EVENTS
from services.intake.mllp.framing import framed
from services.intake.mllp.settings import mllp_settings
from services.intake.settings import BadSettings
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.authority import Authority
from tests.intake.mllp_peer import WITHIN_S, door_at, dose, peer_of
from tests.intake.sourced import declared
from tests.intake.test_publisher import records_of

_NAME = "DOSEWARDEN_INTAKE_MLLP"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "West Hospital CA")


def environment(authority: Authority) -> dict[str, str]:
    ours = authority.signed("localhost")
    return {
        _NAME: "127.0.0.1:0",
        f"{_NAME}_CERTIFICATE": str(ours.certificate),
        f"{_NAME}_KEY": str(ours.key),
        f"{_NAME}_CLIENT_CA": str(authority.file),
    }


def test_the_door_is_closed_unless_somebody_says_where() -> None:
    assert mllp_settings({}, network=False) is None


def test_plainly_only_on_this_machine_unless_loudly_allowed() -> None:
    for place in ("127.0.0.1:2575", "[::1]:2575", "localhost:2575"):
        assert mllp_settings({_NAME: place}, network=False) is not None
    with pytest.raises(BadSettings, match="INTAKE_TRUST=network"):
        mllp_settings({_NAME: "0.0.0.0:2575"}, network=False)
    assert mllp_settings({_NAME: "0.0.0.0:2575"}, network=True) is not None


def test_beyond_this_machine_only_declared_sources_get_in(authority: Authority, tmp_path: Path) -> None:
    beyond = environment(authority) | {_NAME: "0.0.0.0:2575"}
    with pytest.raises(BadSettings, match="INTAKE_SOURCES"):
        mllp_settings(beyond, network=False)
    engine = "name: engine, certificate: {san: 'DNS:engine'}, facilities: any, kinds: any"
    sources = declared(tmp_path, engine)
    found = mllp_settings(beyond, network=False, sources=sources)
    assert found is not None
    assert found.mutual
    with pytest.raises(BadSettings, match="none of the sources"):
        mllp_settings(beyond | {f"{_NAME}_CLIENT_CA": ""}, network=False, sources=sources)
    plain = declared(tmp_path, "name: pump, address: 10.1.2.3, facilities: any, kinds: any")
    assert mllp_settings({_NAME: "0.0.0.0:2575"}, network=False, sources=plain) is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "2575"),
        ("_UNSTORED", "perhaps"),
        ("_IDLE_S", "-1"),
        ("_CONNECTIONS", "many"),
        ("_CERTIFICATE", "/nowhere.pem"),
        ("_CLIENT_CA", __file__),
        ("_KEY", ""),
        ("_SOURCE", "x" * 201),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(authority: Authority, name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=f"{_NAME}|_CLIENT_CA|_KEY"):
        mllp_settings(environment(authority) | {f"{_NAME}{name}": value}, network=False)


@pytest.mark.embedded
async def test_a_certificate_names_the_peer_and_a_stranger_does_not_get_in(
    authority: Authority, embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = mllp_settings(environment(authority), network=False)
    assert settings is not None
    async with door_at(embedded_broker.bootstrap, tls=settings.tls) as server:
        async with peer_of(server, authority.client(authority.signed("pharmacy engine"))) as peer:
            assert await peer.brings(dose("T1")) == ("AA", "T1")
            assert await peer.brings(dose("T2", f3="nonsense")) == ("AE", "T2")
        for stranger in (
            authority.client(),
            authority.client(Authority(tmp_path, "Somebody").signed("engine")),
        ):
            with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
                async with asyncio.timeout(WITHIN_S), peer_of(server, stranger) as peer:
                    await peer.send(framed(dose("T3")))
                    await peer.answer()
        assert server.connections == 0
    records = await records_of(embedded_broker, REJECTED_EVENTS.name)
    (record,) = [RejectedEvent.model_validate_json(one.value) for found in records.values() for one in found]
    assert record.origin.peer == "pharmacy engine"
