"""The ways to tell somebody.

Each channel makes one attempt per call; when to try again is the sender's affair.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.notifier.telling.messages import Message


class Outcome(StrEnum):
    """What one attempt came to.

    `unknown`: the message may have arrived, the answer did not. `refused`: trying again would not help.
    """

    DELIVERED = "delivered"
    SENT = "sent"
    AGAIN = "again"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome, a reason without patient data, and the seconds that the other side asked us to wait.

    `personal`: only this person is not reached so; the channel itself is well.
    """

    outcome: Outcome
    reason: str = ""
    wait_s: float | None = None
    personal: bool = False


class Channel(Protocol):
    """One way to tell somebody."""

    @property
    def name(self) -> str:
        """The name in settings, delivery ids and the audit trail; without commas and colons."""

    async def send(self, message: Message, address: str) -> Attempt:
        """Make one attempt at `address`: what the site holds for a person on this channel.

        Empty where the channel has one address for all. Does not raise for anything that the other side or
        the network does.
        """

    async def close(self) -> None:
        """Give back connections."""
