"""Makes the channels that the settings name."""

import time
from collections.abc import Callable, Mapping
from typing import TextIO, TypeVar

from services.notifier.channels import Channel
from services.notifier.channels.chat import ChatChannel, Shape
from services.notifier.channels.posting import Posting
from services.notifier.channels.settings import ChannelSettings
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.channels.subscriptions import Subscriptions
from services.notifier.channels.terminal import TerminalChannel
from services.notifier.channels.vapid import Vapid
from services.notifier.channels.web_push import WebPushChannel
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.environment import BadSettings

Found = TypeVar("Found")
Clock = Callable[[], float]
Made = Callable[[ChannelSettings, TextIO, Clock], Channel]


def channels_of(
    names: tuple[str, ...], settings: ChannelSettings, screen: TextIO, wall: Clock = time.time
) -> dict[str, Channel]:
    """The channels of these names, in that order; `wall` tells the time that messages are sent and signed at.

    Raises `BadSettings` for one whose settings are missing.
    """
    return {name: _MAKERS[name](settings, screen, wall) for name in names}


def _terminal(settings: ChannelSettings, screen: TextIO, _: Clock) -> Channel:
    return TerminalChannel(screen, json=settings.terminal_json)


def _webhook(settings: ChannelSettings, _: TextIO, wall: Clock) -> Channel:
    hook = _needed(settings.webhook, "webhook")
    return WebhookChannel(
        hook.url,
        hook.secret,
        loopback=hook.loopback,
        timeout_s=settings.timeout_s,
        tls=settings.tls(),
        wall=wall,
    )


def _chat(shape: Shape) -> Made:
    def made(settings: ChannelSettings, _: TextIO, __: Clock) -> Channel:
        hook = _needed(settings.slack if shape is Shape.SLACK else settings.teams, shape.value)
        return ChatChannel(shape, hook.url, timeout_s=settings.timeout_s, tls=settings.tls())

    return made


def _smtp(settings: ChannelSettings, _: TextIO, wall: Clock) -> Channel:
    server = _needed(settings.mail, "smtp")
    return SmtpChannel(server, tls=settings.tls(), timeout_s=settings.timeout_s, wall=wall)


def _web_push(settings: ChannelSettings, _: TextIO, wall: Clock) -> Channel:
    push = _needed(settings.push, "webpush")
    posting = Posting(timeout_s=settings.timeout_s, tls=settings.tls(), wall=wall)
    return WebPushChannel(Vapid(push.key, push.contact), Subscriptions(push.subscriptions), posting)


def _apprise(settings: ChannelSettings, _: TextIO, __: Clock) -> Channel:
    services = _needed(settings.apprise, "apprise")
    try:
        from services.notifier.channels.apprise_channel import AppriseChannel
    except ImportError as error:
        raise BadSettings("the channel apprise needs: pip install 'dosewarden[apprise]'") from error
    return AppriseChannel(services, timeout_s=settings.timeout_s)


def _needed(found: Found | None, name: str) -> Found:
    if found is None:
        raise BadSettings(f"the channel {name} has no settings")
    return found


_MAKERS: Mapping[str, Made] = {
    "terminal": _terminal,
    "webhook": _webhook,
    "webpush": _web_push,
    "smtp": _smtp,
    "slack": _chat(Shape.SLACK),
    "teams": _chat(Shape.TEAMS),
    "apprise": _apprise,
}
