"""Where the MLLP door listens, and whom it lets in: plainly on this machine, beyond it by certificate."""

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from schemas.rejections import RejectedEvent
from schemas.topics import REJECTED_EVENTS
from services.intake.mllp.framing import framed
from services.intake.mllp.settings import mllp_settings
from services.intake.settings import BadSettings
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.conftest import missing
from tests.intake.mllp_peer import WITHIN_S, door_at, dose, peer_of
from tests.intake.test_publisher import records_of

_NAME = "DOSEWARDEN_INTAKE_MLLP"


class Authority:
    """A certificate authority of this test's own."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._name = name
        self.file = directory / f"{name}.pem"
        self._key = directory / f"{name}.key"
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.file,
        )  # fmt: skip

    def signed(self, common_name: str) -> tuple[Path, Path]:
        """A certificate and its key."""
        stem = self._directory / f"{self._name}-{common_name}"
        request, key, certificate = (stem.with_suffix(f".{kind}") for kind in ("csr", "key", "pem"))
        names = self._directory / "names"
        names.write_text(f"subjectAltName=DNS:{common_name.replace(' ', '-')}")
        _openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/O=West Hospital/CN={common_name}", "-keyout", key, "-out", request,
        )  # fmt: skip
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial",
            "-days", "2", "-extfile", names, "-out", certificate,
        )  # fmt: skip
        return certificate, key


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        missing("no openssl on this machine to make certificates with")
    return Authority(tmp_path_factory.mktemp("authority"), "West Hospital CA")


def environment(authority: Authority) -> dict[str, str]:
    certificate, key = authority.signed("localhost")
    return {
        _NAME: "127.0.0.1:0",
        f"{_NAME}_CERTIFICATE": str(certificate),
        f"{_NAME}_KEY": str(key),
        f"{_NAME}_CLIENT_CA": str(authority.file),
    }


def client(authority: Authority, signer: Authority | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.file)
    if signer is not None:
        context.load_cert_chain(*signer.signed("pharmacy engine"))
    return context


def test_the_door_is_closed_unless_somebody_says_where() -> None:
    assert mllp_settings({}, network=False) is None


def test_plainly_only_on_this_machine_unless_loudly_allowed() -> None:
    for place in ("127.0.0.1:2575", "[::1]:2575", "localhost:2575"):
        assert mllp_settings({_NAME: place}, network=False) is not None
    with pytest.raises(BadSettings, match="INTAKE_TRUST=network"):
        mllp_settings({_NAME: "0.0.0.0:2575"}, network=False)
    assert mllp_settings({_NAME: "0.0.0.0:2575"}, network=True) is not None


def test_beyond_this_machine_peers_must_show_a_certificate(authority: Authority) -> None:
    mutual = environment(authority) | {_NAME: "0.0.0.0:2575"}
    found = mllp_settings(mutual, network=False)
    assert found is not None
    assert found.mutual
    with pytest.raises(BadSettings, match="CLIENT_CA"):
        mllp_settings(mutual | {f"{_NAME}_CLIENT_CA": ""}, network=False)


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
        async with peer_of(server, client(authority, authority)) as peer:
            assert await peer.brings(dose("T1")) == ("AA", "T1")
            assert await peer.brings(dose("T2", f3="nonsense")) == ("AE", "T2")
        for stranger in (client(authority, None), client(authority, Authority(tmp_path, "Somebody"))):
            with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
                async with asyncio.timeout(WITHIN_S), peer_of(server, stranger) as peer:
                    await peer.send(framed(dose("T3")))
                    await peer.answer()
        assert server.connections == 0
    records = await records_of(embedded_broker, REJECTED_EVENTS.name)
    (record,) = [RejectedEvent.model_validate_json(one.value) for found in records.values() for one in found]
    assert record.origin.path.startswith("mllp/pharmacy engine/")
