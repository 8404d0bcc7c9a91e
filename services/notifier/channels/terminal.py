"""A line on standard output for each telling. Inside the hospital: it prints what was found.

As text for people, or as one JSON object per line for whoever started us.
"""

import asyncio
from dataclasses import asdict
from typing import TextIO

import orjson

from services.notifier.alerts import instant
from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.outward import together
from services.notifier.telling.messages import Message, MessageKind

_HEADINGS = {
    MessageKind.PAGE: "ALERT",
    MessageKind.REPEAT: "REPEAT",
    MessageKind.RETRACTION: "WITHDRAWN",
    MessageKind.OFFER: "OFFERED TO YOU",
    MessageKind.HANDED_BACK: "NOT TAKEN OVER, STILL YOURS",
}


def as_json(message: Message) -> str:
    """The message as one line of JSON."""
    return orjson.dumps(asdict(message), option=orjson.OPT_SORT_KEYS).decode()


def as_text(message: Message) -> str:
    """The message as one line for people; control characters of foreign text do not reach the terminal."""
    parts = [
        f"{_HEADINGS[message.kind]} tier {message.tier}",
        instant(message.at_ms).strftime("%Y-%m-%d %H:%M"),
        message.ward or "no ward",
        message.check,
        message.alert,
        message.text if message.kind is not MessageKind.RETRACTION else f"because {message.because}",
    ]
    if message.count > 1:
        parts[3:] = [together(message), *message.alerts]
    if message.cause:
        parts.append(f"corrected by {message.cause}")
    return "".join(letter if letter.isprintable() else " " for letter in "  ".join(parts))


class TerminalChannel:
    """Writes to a text stream; a line that was written counts as delivered."""

    name = "terminal"

    def __init__(self, stream: TextIO, *, json: bool) -> None:
        self._stream = stream
        self._line = as_json if json else as_text

    async def send(self, message: Message, address: str) -> Attempt:  # noqa: ARG002
        try:
            await asyncio.to_thread(self._write, self._line(message))
        except (OSError, ValueError) as error:
            return Attempt(Outcome.AGAIN, type(error).__name__)
        return Attempt(Outcome.DELIVERED)

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()

    async def close(self) -> None:
        """Nothing to give back: the stream belongs to whoever made it."""
