"""What a channel is given to tell. There is no field for a name, a bed or a record number.

`text` holds drug names and amounts: only channels inside the hospital print it (see channels/).
"""

from dataclasses import dataclass
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

    `delivery` is its idempotency key; `cause` names the event that made a retraction necessary.
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
