"""A Kafka that only speaks TLS to those it knows, and a Redis of the same kind, for tests."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # re-exported without __all__
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from services.launcher.servers.child import end, free_port, spawn
from services.launcher.servers.real_kafka import RealKafka
from tests.intake.authority import Authority, Identity

USER, PASSWORD = "dosewarden", "pass word; with \"signs'"
_QUOTED = PASSWORD.replace('"', '\\\\"')
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_PLAIN = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{_QUOTED}";'
_MECHANISMS = ("SCRAM_SHA_256", "SCRAM_SHA_512")


@dataclass
class SecureKafka:
    """`login` is its listener for names and passwords, `mutual` the one for certificates."""

    directory: Path
    authority: Authority
    login: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    mutual: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")

    def __post_init__(self) -> None:
        self.password = self.directory / "kafka-password"
        self.password.write_text(PASSWORD + "\n")
        port = free_port()
        self.inside = RealKafka(self.directory, port=port, properties=self._properties(port))

    def start(self) -> None:
        """Start it, and make its one user known to it."""
        self.inside.start()
        admin = AdminClient({"bootstrap.servers": self.inside.bootstrap})
        for name in _MECHANISMS:
            info = ScramCredentialInfo(getattr(ScramMechanism, name), 4096)
            upserted = UserScramCredentialUpsertion(USER, info, PASSWORD.encode())
            for done in admin.alter_user_scram_credentials([upserted]).values():
                done.result(30)

    def environment(self, mechanism: str) -> dict[str, str]:
        """The settings of a client that logs in."""
        return {
            "DOSEWARDEN_KAFKA": self.login,
            "DOSEWARDEN_KAFKA_PROTOCOL": "SASL_SSL",
            "DOSEWARDEN_KAFKA_CA": str(self.authority.file),
            "DOSEWARDEN_KAFKA_SASL_MECHANISM": mechanism,
            "DOSEWARDEN_KAFKA_USERNAME": USER,
            "DOSEWARDEN_KAFKA_PASSWORD_FILE": str(self.password),
        }

    def environment_with(self, shown: Identity) -> dict[str, str]:
        """The settings of a client that shows a certificate."""
        return {
            "DOSEWARDEN_KAFKA": self.mutual,
            "DOSEWARDEN_KAFKA_PROTOCOL": "SSL",
            "DOSEWARDEN_KAFKA_CA": str(self.authority.file),
            "DOSEWARDEN_KAFKA_CERTIFICATE": str(shown.certificate),
            "DOSEWARDEN_KAFKA_KEY": str(shown.key),
        }

    def _properties(self, port: int) -> dict[str, str]:
        server = self.authority.signed("kafka")
        store = self.directory / "kafka-keystore.pem"
        store.write_bytes(server.key.read_bytes() + server.certificate.read_bytes())
        clients = f"PLAINTEXT://127.0.0.1:{port},LOGIN://{self.login},MUTUAL://{self.mutual}"
        controller = f"127.0.0.1:{free_port()}"
        return {
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"{clients},CONTROLLER://{controller}",
            "advertised.listeners": clients,
            "listener.security.protocol.map": (
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LOGIN:SASL_SSL,MUTUAL:SSL"
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(store),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.file),
            "listener.name.mutual.ssl.client.auth": "required",
            "listener.name.login.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "listener.name.login.plain.sasl.jaas.config": _PLAIN,
            "listener.name.login.scram-sha-256.sasl.jaas.config": _SCRAM,
            "listener.name.login.scram-sha-512.sasl.jaas.config": _SCRAM,
        }


class SecureRedis:
    """Speaks TLS only; `password` is its file. Its data is nowhere."""

    def __init__(self, binary: Path, directory: Path, authority: Authority) -> None:
        self._binary = binary
        self._directory = directory
        self._authority = authority
        self._process: subprocess.Popen[bytes] | None = None
        self._port = free_port()
        self.log = directory / "redis.log"
        self.password = directory / "redis-password"
        self.password.write_text("a password of this test\n")

    @property
    def url(self) -> str:
        """Its address."""
        return f"rediss://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it; who needs it waits for it."""
        server = self._authority.signed("redis")
        configuration = self._directory / "redis.conf"
        lines = (
            "port 0", f"tls-port {self._port}", "bind 127.0.0.1", f"dir {self._directory}", 'save ""',
            f"tls-cert-file {server.certificate}", f"tls-key-file {server.key}",
            f"tls-ca-cert-file {self._authority.file}", "tls-auth-clients optional",
            f'requirepass "{self.password.read_text().strip()}"',
        )  # fmt: skip
        configuration.write_text("\n".join(lines) + "\n")
        self._process = spawn([self._binary, configuration], self.log)

    def environment(self) -> dict[str, str]:
        """The settings of a client."""
        return {
            "DOSEWARDEN_REDIS": self.url,
            "DOSEWARDEN_REDIS_CA": str(self._authority.file),
            "DOSEWARDEN_REDIS_PASSWORD_FILE": str(self.password),
        }

    def stop(self) -> None:
        """End it."""
        end(self._process, 10)
