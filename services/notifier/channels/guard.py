"""Attempts under guard: bounded in time, and not made where they are known to fail.

A breaker stands for one place: a channel's server, or the host of a person's address.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from services.notifier.channels import Attempt, Channel, Outcome
from services.notifier.channels.breaker import FAILURES, Breaker, State
from services.notifier.channels.settings import LONGEST_ATTEMPT_S
from services.notifier.telling.messages import Message

log = logging.getLogger(__name__)
_TAKEN = (Outcome.DELIVERED, Outcome.SENT)


class Alarms(Protocol):
    """Where it is said that a channel does not work, and that it works again."""

    async def report(self, name: str, text: str) -> None:
        """Something happened."""

    async def settle(self, name: str, text: str) -> None:
        """It is over."""


def place_of(address: str) -> str:
    """What fails together with an address: its host; nothing of its own for a mail address.

    Anything else, such as a reference to a push subscription, is a place of its own.
    """
    if "://" in address:
        try:
            return urlsplit(address).netloc.rpartition("@")[2]
        except ValueError:
            return ""
    return "" if "@" in address else address


async def bounded(
    channel: Channel, message: Message, address: str, longest_s: float = LONGEST_ATTEMPT_S
) -> Attempt:
    """One attempt that ends in time and never raises; what ended otherwise than by an answer is `unknown`."""
    try:
        async with asyncio.timeout(longest_s):
            return await channel.send(message, address)
    except TimeoutError:
        return Attempt(Outcome.UNKNOWN, "no answer in time")
    except Exception as error:  # noqa: BLE001  # a fault of one channel must not end the telling by others
        log.error("channel %s failed by a fault of its own: %s", channel.name, type(error).__name__)
        return Attempt(Outcome.UNKNOWN, type(error).__name__)


class Guard:
    """Stands before all channels of a sender. `noted` hears at how many places a channel is out."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        alarms: Alarms,
        longest_s: float = LONGEST_ATTEMPT_S,
        clock: Callable[[], float] = time.monotonic,
        noted: Callable[[str, int], None] = lambda _channel, _places: None,
    ) -> None:
        self._channels = channels
        self._alarms = alarms
        self._longest_s = longest_s
        self._clock = clock
        self._noted = noted
        self._breakers: dict[tuple[str, str], Breaker] = {}

    def wait_s(self, channel: str, address: str) -> float:
        """Seconds for which an attempt would be turned away; 0 when it may be made."""
        return self._breaker(channel, address).wait_s(self._clock())

    def states(self) -> dict[tuple[str, str], State]:
        """The state of each place, by channel and host."""
        now = self._clock()
        return {place: breaker.state(now) for place, breaker in self._breakers.items()}

    def begin(self, channel: str, address: str) -> bool:
        """Whether an attempt may begin now; it is sent then (`begun`), or `leave` says that it is not."""
        return self._breaker(channel, address).begin(self._clock())

    def leave(self, channel: str, address: str) -> None:
        """The attempt that was begun is not made."""
        self._breaker(channel, address).undecided()

    async def send(self, channel: str, message: Message, address: str, *, begun: bool = False) -> Attempt:
        """One attempt. It ends in time; who is still silent then may have got it."""
        breaker = self._breaker(channel, address)
        if not begun and not breaker.begin(self._clock()):
            return Attempt(Outcome.AGAIN, "not tried: it failed just before", breaker.wait_s(self._clock()))
        before = breaker.state(self._clock())
        attempt = None
        try:
            attempt = await bounded(self._channels[channel], message, address, self._longest_s)
        finally:
            self._record(breaker, attempt)
        await self._tell(channel, before, breaker.state(self._clock()), attempt)
        return attempt

    def _record(self, breaker: Breaker, attempt: Attempt | None) -> None:
        if attempt is None or attempt.personal or attempt.outcome is Outcome.REFUSED:
            breaker.undecided()
        elif attempt.outcome in _TAKEN:
            breaker.succeeded()
        else:
            breaker.failed(self._clock())
        if attempt is not None and attempt.wait_s:
            breaker.rest(self._clock(), attempt.wait_s)

    async def _tell(self, channel: str, before: State, after: State, attempt: Attempt) -> None:
        places = self._out(channel)
        self._noted(channel, places)
        if after is State.OPEN and before is State.CLOSED:
            log.error("channel %s is out after %d failures: %s", channel, FAILURES, attempt.reason)
            await self._alarms.report(
                _name(channel), f"Channel {channel} does not work: {FAILURES} attempts in a row failed"
            )
        elif after is State.CLOSED and before is not State.CLOSED:
            log.warning("channel %s works again", channel)
            if places == 0:
                await self._alarms.settle(_name(channel), f"Channel {channel} works again")

    def _out(self, channel: str) -> int:
        return sum(
            name == channel and state is not State.CLOSED for (name, _), state in self.states().items()
        )

    def _breaker(self, channel: str, address: str) -> Breaker:
        return self._breakers.setdefault((channel, place_of(address)), Breaker())


def _name(channel: str) -> str:
    return f"channel-{channel}-out"
