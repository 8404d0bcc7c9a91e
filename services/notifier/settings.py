"""Settings from the environment (`DOSEWARDEN_...`), parsed once when asked, never at import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.notifier.tiers import SHIPPED_TIERS

DEFAULT_REDIS = "redis://127.0.0.1:6379/0"
_CHANNELS = ("terminal", "webhook")
_SHORTEST_SECRET = 16
_MOST_DIGITS = 6


class BadSettings(ValueError):
    """A setting cannot be used; the message names it and says what it needs."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often one telling is tried, and the seconds between: doubling from `first_s` up to `longest_s`."""

    attempts: int = 10
    first_s: float = 1.0
    longest_s: float = 30.0

    def wait_s(self, attempt: int) -> float:
        """The wait after attempt number `attempt`, from 1."""
        return float(min(self.first_s * 2 ** (attempt - 1), self.longest_s))


@dataclass(frozen=True, slots=True)
class Settings:
    """What the notifier needs to know. Secrets are not in its representation."""

    kafka: str = "127.0.0.1:9092"
    redis: str = field(default=DEFAULT_REDIS, repr=False)
    group: str = "dosewarden-notifier"
    channels: tuple[str, ...] = ("terminal",)
    terminal_json: bool = False
    webhook_url: str = field(default="", repr=False)
    webhook_secret: bytes = field(default=b"", repr=False)
    webhook_loopback: bool = False
    webhook_timeout_s: float = 10.0
    console: str = ""
    tiers: Path = SHIPPED_TIERS
    heartbeat_limit_s: float = 60.0
    rejected_limit: int = 20
    rejected_window_s: float = 3_600.0
    lease_s: float = 20.0
    retry: RetryPolicy = RetryPolicy()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in `environment`. Raises `BadSettings`."""
        get = _Prefixed(environment)
        channels = tuple(name.strip() for name in get("CHANNELS", "terminal").split(",") if name.strip())
        unknown = sorted(set(channels) - set(_CHANNELS))
        if unknown or not channels:
            raise BadSettings(f"DOSEWARDEN_CHANNELS must name some of {', '.join(_CHANNELS)}")
        style = get("TERMINAL", "text")
        if style not in ("text", "json"):
            raise BadSettings("DOSEWARDEN_TERMINAL must be text or json")
        secret = _secret(get)
        if "webhook" in channels and not get("WEBHOOK_URL", ""):
            raise BadSettings("DOSEWARDEN_WEBHOOK_URL is needed for the webhook channel")
        if "webhook" in channels and len(secret) < _SHORTEST_SECRET:
            raise BadSettings(f"DOSEWARDEN_WEBHOOK_SECRET (or _FILE) needs at least {_SHORTEST_SECRET} bytes")
        return cls(
            kafka=get("KAFKA", "127.0.0.1:9092"),
            redis=get("REDIS", DEFAULT_REDIS),
            group=get("NOTIFIER_GROUP", "dosewarden-notifier"),
            channels=channels,
            terminal_json=style == "json",
            webhook_url=get("WEBHOOK_URL", ""),
            webhook_secret=secret,
            webhook_loopback=get("WEBHOOK_LOOPBACK", "0") == "1",
            console=get("CONSOLE_URL", ""),
            tiers=Path(get("TIERS", str(SHIPPED_TIERS))),
            heartbeat_limit_s=_seconds(get, "HEARTBEAT_LIMIT_S", 60.0),
            rejected_limit=_number(get, "REJECTED_LIMIT", 20),
            rejected_window_s=_seconds(get, "REJECTED_WINDOW_S", 3_600.0),
        )


@dataclass(frozen=True, slots=True)
class _Prefixed:
    environment: Mapping[str, str]

    def __call__(self, name: str, default: str) -> str:
        return self.environment.get(f"DOSEWARDEN_{name}") or default


def _seconds(get: _Prefixed, name: str, default: float) -> float:
    try:
        value = float(get(name, str(default)))
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise BadSettings(f"DOSEWARDEN_{name} must be a number of seconds above 0")
    return value


def _number(get: _Prefixed, name: str, default: int) -> int:
    text = get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        raise BadSettings(f"DOSEWARDEN_{name} must be a whole number, 0 or above")
    return int(text)


def _secret(get: _Prefixed) -> bytes:
    path = get("WEBHOOK_SECRET_FILE", "")
    if not path:
        return get("WEBHOOK_SECRET", "").encode()
    try:
        return Path(path).read_bytes().strip()
    except OSError as error:
        raise BadSettings(f"DOSEWARDEN_WEBHOOK_SECRET_FILE cannot be read: {error.strerror}") from error
