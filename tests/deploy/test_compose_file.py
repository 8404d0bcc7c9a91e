"""docker-compose.yml: what it names exists, and what must not be open is not."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from services.cli.main import main
from services.intake.kafka.settings import KafkaSettings
from services.intake.mllp.settings import mllp_settings
from services.intake.settings import Prefixed, Settings
from services.intake.tls import server_tls
from services.launcher.own_authority import Made, make
from services.notifier.settings import Settings as NotifierSettings
from services.safety.processor.settings import Settings as SafetySettings
from services.transit.kafka_settings import broker_from
from tests.deploy.compose import ROOT, document, mounts, ours, secret_files, services, settings

OURS = sorted(ours())
ALL = sorted(services())


class Noted(Mapping[str, str]):
    """An environment that knows what of it was asked for by name."""

    def __init__(self, stated: Mapping[str, str]) -> None:
        self._stated = dict(stated)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._stated[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stated)

    def __len__(self) -> int:
        return len(self._stated)

    def items(self) -> Any:
        """Looking through all names asks for none."""
        return self._stated.items()


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("compose") / "secrets"
    make(made)
    return made


def local(value: str, secrets: Path) -> str:
    """The same where this machine has it."""
    for name, file in secret_files().items():
        if value == f"/run/secrets/{name}":
            return str(secrets / file)
    return value.replace("/etc/dosewarden/", f"{ROOT}/deploy/compose/")


def read_by(name: str, environment: Mapping[str, str]) -> None:
    """Let a service read its settings."""
    match name:
        case "intake":
            found = Settings.from_environment(environment)
            mllp_settings(environment, network=found.network, sources=found.sources)
            server_tls(Prefixed(environment), "INTAKE_HTTP", required=False)
        case "intake-kafka":
            KafkaSettings.from_environment(environment)
        case "safety":
            SafetySettings.from_environment(environment)
        case "notifier":
            NotifierSettings.from_environment(environment)
        case "topics":
            broker_from(environment)
        case "feed":
            Settings.from_environment(environment)
        case _:
            raise AssertionError(f"{name} is a service of which no test knows how it reads its settings")


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_that_dosewarden_has(name: str) -> None:
    command = [word for word in ours()[name]["command"] if word != "--help"]
    shown = CliRunner().invoke(main, [*command, "--help"])
    assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize("name", OURS)
def test_each_setting_is_read_by_its_service_and_holds_in_production(name: str, secrets: Path) -> None:
    stated = {key: local(value, secrets) for key, value in settings(ours()[name]).items()}
    assert stated["DOSEWARDEN_PROFILE"] == "production"
    noted = Noted(stated)
    read_by(name, noted)
    read = noted.asked | {"DOSEWARDEN_KAFKA"}
    assert set(stated) <= read, "a setting that nobody reads"


@pytest.mark.parametrize("name", ALL)
def test_every_file_that_is_mounted_is_there_and_cannot_be_written(name: str) -> None:
    service = services()[name]
    for mount in mounts(service):
        assert mount.here.is_file(), mount.here
    assert all(volume.endswith(":ro") for volume in service.get("volumes", ()) if volume.startswith("./"))
    assert set(service.get("secrets", ())) <= set(secret_files())


def test_every_secret_is_one_that_make_secrets_makes_and_used_where_it_is_mounted(secrets: Path) -> None:
    assert set(secret_files().values()) <= {file.name for file in secrets.iterdir()}
    assert secrets.stat().st_mode & 0o777 == 0o700
    for name, service in ours().items():
        used = {
            value.removeprefix("/run/secrets/") for value in settings(service).values() if "/run/" in value
        }
        used |= {word.removeprefix("/run/secrets/") for word in health(service) if "/run/secrets" in word}
        assert used == set(service["secrets"]), name


def health(service: Mapping[str, Any]) -> list[str]:
    """The words of its healthcheck."""
    return list(service.get("healthcheck", {}).get("test", ()))


def test_secrets_are_never_written_over(secrets: Path) -> None:
    before = (secrets / "site-key").read_bytes()
    with pytest.raises(Made):
        make(secrets)
    assert (secrets / "site-key").read_bytes() == before


@pytest.mark.parametrize("name", ALL)
def test_no_container_has_rights_that_it_does_not_need(name: str) -> None:
    service = services()[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert "privileged" not in service
    # Kafka's image writes its configuration into itself when it starts.
    assert service.get("read_only", False) or name == "kafka"
    assert not any("secret" in key.lower() or "password" in key.lower() for key in settings(service))


def test_what_must_run_is_there_with_two_safety_workers() -> None:
    assert set(services()) == {
        "kafka", "store", "topics", "intake", "intake-kafka", "safety", "notifier", "feed",
    }  # fmt: skip
    assert services()["safety"]["deploy"] == {"replicas": 2}
    assert set(document()["volumes"]) == {"kafka", "store"}


@pytest.mark.parametrize("name", ["kafka", "store", "intake", "notifier"])
def test_who_can_be_asked_has_a_healthcheck(name: str) -> None:
    assert health(services()[name])[0] == "CMD"


def test_the_store_keeps_what_it_acknowledged_and_throws_nothing_away() -> None:
    lines = (ROOT / "deploy/compose/store.conf").read_text("utf-8").splitlines()
    assert {"appendonly yes", "appendfsync always", "maxmemory-policy noeviction", "port 0"} <= set(lines)


def test_the_image_has_all_that_it_copies_and_is_run_by_nobody_special() -> None:
    lines = (ROOT / "deploy/Dockerfile").read_text("utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert copied
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored, f"{name} is not sent to whoever builds the image"
    assert "USER 10001" in lines
    assert 'ENTRYPOINT ["dosewarden"]' in lines
