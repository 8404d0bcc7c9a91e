"""Settings from the environment (`DOSEWARDEN_...`), parsed once when asked, never at import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.notifier.channels.addresses import ForbiddenAddress, check_url
from services.notifier.channels.settings import NAMES, ChannelSettings, Hook, channel_settings
from services.notifier.environment import BadSettings, Prefixed
from services.notifier.metrics.place import place_of
from services.notifier.telling.retrying import RetryPolicy
from services.notifier.tiers import SHIPPED_TIERS
from services.transit.kafka import DEFAULT_KAFKA, Where
from services.transit.kafka_settings import broker_from
from services.transit.reading import BadTransit
from services.transit.redis import DEFAULT_REDIS, RedisWhere, redis_from


@dataclass(frozen=True, slots=True)
class Settings:
    """What the notifier needs to know. Secrets are not in its representation."""

    kafka: Where = DEFAULT_KAFKA
    redis: RedisWhere = field(default=DEFAULT_REDIS, repr=False)
    group: str = "dosewarden-notifier"
    channels: tuple[str, ...] = ("terminal",)
    ways: ChannelSettings = field(default_factory=ChannelSettings)
    console: str = ""
    policies: Path | None = None
    tiers: Path = SHIPPED_TIERS
    heartbeat_limit_s: float = 60.0
    rejected_limit: int = 20
    rejected_window_s: float = 3_600.0
    lease_s: float = 20.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    store_patience_s: float = 15.0
    outside: Hook = field(default_factory=lambda: Hook(""))
    disks: tuple[Path, ...] = ()
    metrics: tuple[str, int] | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in `environment`. Raises `BadSettings`."""
        get = Prefixed(environment)
        channels = tuple(name.strip() for name in get("CHANNELS", "terminal").split(",") if name.strip())
        unknown = sorted(set(channels) - set(NAMES))
        if unknown or not channels:
            raise BadSettings(f"DOSEWARDEN_CHANNELS must name some of {', '.join(NAMES)}")
        try:
            kafka, redis = broker_from(environment), redis_from(environment)
        except BadTransit as error:
            raise BadSettings(str(error)) from error
        policies = Path(get("POLICIES", "")) if get("POLICIES", "") else None
        return cls(
            kafka=kafka,
            redis=redis,
            group=get("NOTIFIER_GROUP", "dosewarden-notifier"),
            channels=channels,
            ways=channel_settings(get, channels),
            console=get("CONSOLE_URL", ""),
            policies=policies,
            tiers=Path(get("TIERS", str(_tiers_beside(policies)))),
            heartbeat_limit_s=get.seconds("HEARTBEAT_LIMIT_S", 60.0),
            rejected_limit=get.number("REJECTED_LIMIT", 20),
            rejected_window_s=get.seconds("REJECTED_WINDOW_S", 3_600.0),
            outside=_outside(get),
            disks=tuple(Path(name.strip()) for name in get("DISKS", "/").split(",") if name.strip()),
            metrics=place_of(get("METRICS", "")),
        )


def _outside(get: Prefixed) -> Hook:
    url, loopback = get("OUTSIDE_URL", ""), get.flag("OUTSIDE_LOOPBACK")
    try:
        if url:
            check_url(url, loopback=loopback)
    except ForbiddenAddress as error:
        raise BadSettings(f"DOSEWARDEN_OUTSIDE_URL: {error}") from error
    return Hook(url, loopback=loopback)


def _tiers_beside(policies: Path | None) -> Path:
    """The tiers of a policy's directory, the shipped ones where it has none."""
    beside = policies / "tiers.yaml" if policies is not None else SHIPPED_TIERS
    return beside if beside.exists() else SHIPPED_TIERS
