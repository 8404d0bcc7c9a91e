"""What is set for each channel; docs/channels.md lists the names."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from services.notifier.channels.addresses import ForbiddenAddress, check_url
from services.notifier.channels.mail import UnusableAddress, mailbox
from services.notifier.channels.mail_server import Encryption, MailServer
from services.notifier.channels.vapid import BadKey, Vapid
from services.notifier.environment import BadSettings, Prefixed

NAMES = ("terminal", "webhook", "webpush", "smtp", "slack", "teams", "apprise")
"""The channels that a site may choose."""

LONGEST_ATTEMPT_S = 9.0
"""An attempt ends within it, whatever its channel does: well below the lease under which it is made."""

_SHORTEST_SECRET = 16
_LAST_PORT = 65_535
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Hook:
    """An address to post to, with the secret of its signatures; `loopback` allows this machine."""

    url: str = field(repr=False)
    secret: bytes = field(default=b"", repr=False)
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Push:
    """The site's key in PEM, its address for push services, and the directory of the subscriptions."""

    key: bytes = field(repr=False)
    contact: str
    subscriptions: Path


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """Whatever the chosen channels need; None for what was not chosen.

    `timeout_s` bounds one attempt. `authorities`: a PEM file with the site's own certificate authorities.
    """

    terminal_json: bool = False
    webhook: Hook | None = None
    slack: Hook | None = None
    teams: Hook | None = None
    mail: MailServer | None = None
    push: Push | None = None
    apprise: frozenset[str] | None = None
    timeout_s: float = 8.0
    authorities: str = ""

    def tls(self) -> ssl.SSLContext:
        """TLS that trusts the usual authorities and the site's own."""
        context = ssl.create_default_context()
        if self.authorities:
            context.load_verify_locations(self.authorities)
        return context


def channel_settings(get: Prefixed, chosen: tuple[str, ...]) -> ChannelSettings:
    """The settings of the chosen channels. Raises `BadSettings`."""
    style = get("TERMINAL", "text")
    if style not in ("text", "json"):
        raise BadSettings("DOSEWARDEN_TERMINAL must be text or json")
    made = ChannelSettings(
        terminal_json=style == "json",
        webhook=_of("webhook", chosen, lambda: _webhook(get)),
        slack=_of("slack", chosen, lambda: _chat(get, "SLACK")),
        teams=_of("teams", chosen, lambda: _chat(get, "TEAMS")),
        mail=_of("smtp", chosen, lambda: _mail(get)),
        push=_of("webpush", chosen, lambda: _push(get)),
        apprise=_of("apprise", chosen, lambda: _apprise(get)),
        timeout_s=_timeout_s(get),
        authorities=get("CHANNEL_CA_FILE", ""),
    )
    try:
        made.tls()
    except (OSError, ValueError) as error:
        raise BadSettings("DOSEWARDEN_CHANNEL_CA_FILE must be a file with certificates in PEM") from error
    return made


def _timeout_s(get: Prefixed) -> float:
    value = get.seconds("CHANNEL_TIMEOUT_S", 8.0)
    if value > LONGEST_ATTEMPT_S:
        raise BadSettings(f"DOSEWARDEN_CHANNEL_TIMEOUT_S must be at most {LONGEST_ATTEMPT_S:g}")
    return value


def _of(name: str, chosen: tuple[str, ...], read: Callable[[], Found]) -> Found | None:
    return read() if name in chosen else None


def _webhook(get: Prefixed) -> Hook:
    url, secret, loopback = get("WEBHOOK_URL", ""), get.secret("WEBHOOK_SECRET"), get.flag("WEBHOOK_LOOPBACK")
    if not url:
        raise BadSettings("DOSEWARDEN_WEBHOOK_URL is needed for the webhook channel")
    _check("WEBHOOK_URL", url, loopback=loopback)
    if len(secret) < _SHORTEST_SECRET:
        raise BadSettings(f"DOSEWARDEN_WEBHOOK_SECRET (or _FILE) needs at least {_SHORTEST_SECRET} bytes")
    return Hook(url, secret, loopback)


def _chat(get: Prefixed, name: str) -> Hook:
    """Empty where the people file holds every hook. The address of a chat's hook is its secret."""
    url = get.secret(f"{name}_URL").decode("utf-8", "replace")
    if url:
        _check(f"{name}_URL", url, loopback=False)
    return Hook(url)


def _push(get: Prefixed) -> Push:
    directory = Path(get("WEBPUSH_SUBSCRIPTIONS", ""))
    if not get("WEBPUSH_SUBSCRIPTIONS", "") or not directory.is_dir():
        raise BadSettings("DOSEWARDEN_WEBPUSH_SUBSCRIPTIONS must be a directory")
    push = Push(get.secret("WEBPUSH_KEY"), get("WEBPUSH_CONTACT", ""), directory)
    try:
        mailbox(push.contact)
        Vapid(push.key, push.contact)
    except UnusableAddress as error:
        raise BadSettings("DOSEWARDEN_WEBPUSH_CONTACT must be a mail address") from error
    except BadKey as error:
        raise BadSettings(f"DOSEWARDEN_WEBPUSH_KEY (or _FILE) cannot be used: {error}") from error
    return push


def _apprise(get: Prefixed) -> frozenset[str]:
    named = frozenset(name.strip().lower() for name in get("APPRISE_SERVICES", "").split(",") if name.strip())
    if not named:
        raise BadSettings("DOSEWARDEN_APPRISE_SERVICES must name services of Apprise, such as ntfys")
    return named


def _check(name: str, url: str, *, loopback: bool) -> None:
    try:
        check_url(url, loopback=loopback)
    except ForbiddenAddress as error:
        raise BadSettings(f"DOSEWARDEN_{name} cannot be used: {error}") from error


def _mail(get: Prefixed) -> MailServer:
    host, colon, port = get("SMTP_SERVER", "").rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= _LAST_PORT:
        raise BadSettings("DOSEWARDEN_SMTP_SERVER must be HOST:PORT")
    sender, loopback = get("SMTP_FROM", ""), get.flag("SMTP_LOOPBACK")
    try:
        mailbox(sender)
    except UnusableAddress as error:
        raise BadSettings("DOSEWARDEN_SMTP_FROM must be a mail address") from error
    ways = {way.value: way for way in Encryption}
    encryption = ways.get(get("SMTP_ENCRYPTION", Encryption.STARTTLS.value))
    if encryption is None:
        raise BadSettings(f"DOSEWARDEN_SMTP_ENCRYPTION must be one of {', '.join(ways)}")
    if encryption is Encryption.NONE and not loopback:
        raise BadSettings("DOSEWARDEN_SMTP_ENCRYPTION=none needs DOSEWARDEN_SMTP_LOOPBACK=1")
    user, password = get("SMTP_USER", ""), get.secret("SMTP_PASSWORD").decode("utf-8", "replace")
    if user and (not password or encryption is Encryption.NONE):
        raise BadSettings("DOSEWARDEN_SMTP_USER needs DOSEWARDEN_SMTP_PASSWORD (or _FILE), and encryption")
    return MailServer(host.strip("[]"), int(port), sender, encryption, user, password, loopback)
