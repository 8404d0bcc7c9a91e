"""The way to Redis, and what the environment (`DOSEWARDEN_REDIS...`) says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio.connection import SSLConnection

from services.transit.certificates import Tls, tls_of
from services.transit.reading import BadTransit, Stated

DEFAULT_REDIS = "redis://127.0.0.1:6379/0"
_TLS = ("REDIS_CA", "REDIS_CERTIFICATE", "REDIS_KEY")
_KNOWN = frozenset({"REDIS_USERNAME", "REDIS_PASSWORD", "REDIS_PASSWORD_FILE", *_TLS})


@dataclass(frozen=True, slots=True)
class RedisServer:
    """`url` is redis:// or rediss:// (TLS). Neither it, which may hold a password, nor the password is in its
    representation.
    """

    url: str = field(default=DEFAULT_REDIS, repr=False)
    tls: Tls | None = None
    username: str = ""
    password: str = field(default="", repr=False)

    def client(self) -> dict[str, Any]:
        """What a connection pool of redis-py is given beside the URL."""
        given = (("username", self.username), ("password", self.password))
        return {name: value for name, value in given if value}

    def encrypted(self) -> type[SSLConnection] | None:
        """The kind of connection for a pool, None in clear. Raises as `Tls.context`.

        redis-py's own believes the authorities of the system beside the one that is named.
        """
        if self.tls is None:
            return None
        context = self.tls.context()

        class Encrypted(SSLConnection):
            def __init__(self, **given: Any) -> None:
                super().__init__(**given)
                self.ssl_context.context = context

        return Encrypted


RedisWhere = RedisServer | str
"""A server; a URL alone stands for one that needs nothing else."""


def redis_server(where: RedisWhere) -> RedisServer:
    """The server that is meant."""
    return RedisServer(where) if isinstance(where, str) else where


def redis_from(environment: Mapping[str, str], url: str = "") -> RedisServer:
    """The server that the environment names, at `url` where that is given.

    Raises `BadTransit` for settings that contradict each other or cannot be used, and in the profile
    `production` for a way that is not encrypted or without proof of who connects.
    """
    stated = Stated(environment)
    unknown = [name for name in stated.names("REDIS_") if name not in _KNOWN]
    if unknown:
        known = ", ".join(f"DOSEWARDEN_{name}" for name in sorted(_KNOWN))
        raise BadTransit(f"DOSEWARDEN_{unknown[0]} is no setting; there are {known}")
    place = url or stated.text("REDIS", DEFAULT_REDIS)
    try:
        parts = urlsplit(place)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("redis", "rediss"):
        raise BadTransit("DOSEWARDEN_REDIS must be redis://HOST:PORT/N, or rediss://HOST:PORT/N with TLS")
    if "?" in place:
        raise BadTransit(
            "DOSEWARDEN_REDIS takes no options behind a question mark; there are settings for them"
        )
    encrypted = parts.scheme == "rediss"
    idle = [name for name in _TLS if stated.text(name)]
    if idle and not encrypted:
        raise BadTransit(
            f"DOSEWARDEN_{idle[0]} is set, and DOSEWARDEN_REDIS is not encrypted: begin it with rediss://"
        )
    password = stated.secret("REDIS_PASSWORD")
    if password and parts.password:
        raise BadTransit(
            "DOSEWARDEN_REDIS has a password, and DOSEWARDEN_REDIS_PASSWORD another: give one of them"
        )
    username = stated.text("REDIS_USERNAME")
    if username and not password:
        raise BadTransit(
            "DOSEWARDEN_REDIS_USERNAME needs DOSEWARDEN_REDIS_PASSWORD_FILE (or DOSEWARDEN_REDIS_PASSWORD)"
        )
    tls = tls_of(stated, "REDIS") if encrypted else None
    if stated.production():
        _refuse_open(tls, known=bool(password or parts.password))
    return RedisServer(place, tls, username, password)


def _refuse_open(tls: Tls | None, *, known: bool) -> None:
    if tls is None or not (known or tls.certificate):
        lacks = "is not encrypted" if tls is None else "does not say who connects"
        raise BadTransit(
            f"DOSEWARDEN_PROFILE is production, and the way to Redis {lacks}: begin DOSEWARDEN_REDIS with rediss://"
            " and give DOSEWARDEN_REDIS_PASSWORD_FILE, or DOSEWARDEN_REDIS_CERTIFICATE and _KEY"
        )
