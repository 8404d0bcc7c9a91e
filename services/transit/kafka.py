"""Where Kafka is and how it is spoken to, in the words of each client."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.transit.certificates import Tls

DEFAULT_KAFKA = "127.0.0.1:9092"


class Mechanism(StrEnum):
    """How a client logs in, by SASL's names."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class Login:
    """The name and password of a client. The password is not in its representation."""

    mechanism: Mechanism
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broker:
    """`addresses` is host:port, several separated by commas. Without `tls` all goes in clear, without `login`
    nobody logs in. As text it is its addresses alone.
    """

    addresses: str = DEFAULT_KAFKA
    tls: Tls | None = None
    login: Login | None = None

    @property
    def protocol(self) -> str:
        """Kafka's own name for it: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
        transport = "PLAINTEXT" if self.tls is None else "SSL"
        return transport if self.login is None else f"SASL_{transport}"

    def __str__(self) -> str:
        return self.addresses


Where = Broker | str
"""A broker; its addresses alone stand for one in clear."""


def broker(where: Where) -> Broker:
    """The broker that is meant."""
    return Broker(where) if isinstance(where, str) else where


def aiokafka_client(where: Where) -> dict[str, Any]:
    """What each client of aiokafka is given. Raises `OSError` where a certificate is gone since the start."""
    found = broker(where)
    given: dict[str, Any] = {"bootstrap_servers": found.addresses, "security_protocol": found.protocol}
    if found.tls is not None:
        given["ssl_context"] = found.tls.context()
    if found.login is not None:
        given["sasl_mechanism"] = found.login.mechanism.value
        given["sasl_plain_username"] = found.login.username
        given["sasl_plain_password"] = found.login.password
    return given


def librdkafka_client(where: Where) -> dict[str, Any]:
    """What each client of librdkafka is given."""
    found = broker(where)
    given: dict[str, Any] = {"bootstrap.servers": found.addresses, "security.protocol": found.protocol}
    if found.tls is not None:
        files = (
            ("ssl.ca.location", found.tls.ca),
            ("ssl.certificate.location", found.tls.certificate),
            ("ssl.key.location", found.tls.key),
        )
        given |= {name: file for name, file in files if file}
    if found.login is not None:
        given["sasl.mechanisms"] = found.login.mechanism.value
        given["sasl.username"] = found.login.username
        given["sasl.password"] = found.login.password
    return given
