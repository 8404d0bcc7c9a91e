"""What a channel is given to tell. There is no field for a name, a bed or a record number.

`text` holds drug names and amounts: only channels inside the hospital print it (see channels/).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.notifier.alerts import Alert


class MessageKind(StrEnum):
    """A repeat may already have been received: the answer to the first attempt was lost.

    An offer asks one person to take over what somebody holds; handed back tells whoever holds it that they
    declined.
    """

    PAGE = "page"
    REPEAT = "repeat"
    RETRACTION = "retraction"
    OFFER = "offer"
    HANDED_BACK = "handed-back"


@dataclass(frozen=True, slots=True)
class Message:
    """One telling.

    `delivery` is its idempotency key; `cause` names the event that made a retraction necessary. Where it
    tells of `count` alerts together, of so many `patients`, `alert` is the oldest of them, `alerts` names
    all, `check` and `text` are empty, and `held_back` of them waited because of the limit.
    """

    kind: MessageKind
    delivery: str
    alert: str
    episode: int
    revision: int
    tier: int
    ward: str
    check: str
    at_ms: int
    link: str
    text: str
    because: str
    cause: str
    count: int = 1
    patients: int = 1
    held_back: int = 0
    alerts: tuple[str, ...] = ()


def message_of(alert: Alert, kind: MessageKind, delivery: str, console: str) -> Message:
    """The message about `alert`; `console` is the address that the link leads to, or empty."""
    return Message(
        kind=kind,
        delivery=delivery,
        alert=alert.id,
        episode=alert.episode,
        revision=alert.revision,
        tier=alert.tier,
        ward=alert.ward,
        check=alert.check,
        at_ms=round(alert.at.timestamp() * 1000) if alert.at else 0,
        link=f"{console.rstrip('/')}/alerts/{alert.id}" if console else "",
        text=alert.text,
        because=alert.because,
        cause=alert.cause if kind is MessageKind.RETRACTION else "",
    )


def message_together(
    alerts: Sequence[Alert], kind: MessageKind, delivery: str, console: str, held_back: int
) -> Message:
    """One page about several alerts, the oldest first: how many, and where to find them."""
    first = alerts[0]
    wards, patients = {alert.ward for alert in alerts}, {alert.patient for alert in alerts}
    one = replace(message_of(first, kind, delivery, console), check="", text="", because="")
    link = f"{console.rstrip('/')}/alerts" if console and len(patients) > 1 else one.link
    return replace(
        one,
        tier=min(alert.tier for alert in alerts),
        ward=first.ward if len(wards) == 1 else "",
        link=link,
        count=len(alerts),
        patients=len(patients),
        held_back=held_back,
        alerts=tuple(alert.id for alert in alerts),
    )
