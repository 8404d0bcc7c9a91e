"""From frames to answers: each message is read, brought to Kafka, and only then acknowledged."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from schemas.rejections import Origin
from services.intake.accepting import Acceptor, Busy
from services.intake.allowing import door_of
from services.intake.door import Door
from services.intake.hl7v2 import FORMAT, Outcome, read_message
from services.intake.hl7v2.beginnings import beyond_limits
from services.intake.hl7v2.charset import Charset, charset_of
from services.intake.hl7v2.header import salvaged
from services.intake.hl7v2.outcome import at_each
from services.intake.mllp.acknowledging import acknowledgements
from services.intake.mllp.framing import Ending, Frame, framed
from services.intake.mllp.verdict import NOT_STORED, Verdict, verdict_of
from services.intake.ordering import in_order_of_receipt
from services.intake.reading import Reading, Unreadable
from services.intake.rejecting import rejection_of_part
from services.intake.sending import PublishFailed
from services.intake.trust.life import Life
from services.intake.trust.sources import Source

_LONG = 8 * 1024
"""Bytes of a message that is read in a thread, so that nobody else waits for it."""
_AS_BYTES = Charset("", "latin-1")


class NotStored(Exception):
    """Kafka does not have it; `wait_s` is how long to wait before it is worth another try."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("what was brought is not stored")
        self.wait_s = wait_s


class Desk:
    """Where connections bring their frames. `reject_unstored` says that a message which cannot be stored is
    answered with AR (CR), instead of no answer at all; `life` hears of what is stored.
    """

    def __init__(
        self, acceptor: Acceptor, door: Door, *, reject_unstored: bool = False, life: Life | None = None
    ) -> None:
        self._acceptor = acceptor
        self._door = door
        self._reject_unstored = reject_unstored
        self._life = life

    def of(self, source: Source) -> "Desk":
        """The desk for a source that has proved who it is."""
        door = door_of(self._door, source)
        return Desk(self._acceptor, door, reject_unstored=self._reject_unstored, life=self._life)

    async def answers(self, frames: Sequence[Frame], peer: str) -> bytes:
        """What is sent back for these frames, in their order, once Kafka has what they say. Raises
        `NotStored`.
        """
        began = self._door.clock() if self._door.clock is not None else None
        read = [(frame, await self._outcome(frame, peer)) for frame in frames]
        readings = [reading for _, outcome in read for reading in self._sent(outcome)]
        stored = True
        try:
            await self._acceptor.take(readings)
            if self._life is not None and readings:
                self._life.note(self._door.source, began, readings)
        except (Busy, PublishFailed) as error:
            if not self._reject_unstored:
                raise NotStored(error.retry_after_s if isinstance(error, Busy) else 2.0) from error
            stored = False
        return b"".join(
            _answer(frame, outcome, verdict_of(outcome) if stored else NOT_STORED)
            for frame, outcome in read
            if frame.ending is not Ending.CUT_OFF
        )

    def _sent(self, outcome: Outcome) -> Sequence[Reading]:
        readings = outcome.readings
        return in_order_of_receipt(readings) if self._door.clock is None else readings

    async def _outcome(self, frame: Frame, peer: str) -> Outcome:
        digest = hashlib.sha256(frame.content).hexdigest()[:16]
        origin = Origin(door=FORMAT, peer=peer, path=f"mllp/{digest}")
        if frame.ending is not Ending.WHOLE:
            return self._incomplete(frame, origin)
        if frame.length > _LONG:
            return await asyncio.to_thread(read_message, frame.content, origin, self._door)
        return read_message(frame.content, origin, self._door)

    def _incomplete(self, frame: Frame, origin: Origin) -> Outcome:
        patients: tuple[str, ...] = ()
        if frame.ending is Ending.TOO_LARGE:
            error = Unreadable(
                "too-large", f"a message of {frame.length} bytes is larger than the door takes"
            )
            error, patients = beyond_limits(frame.content, error, self._door, whole=False)
        else:
            # No mark: it got no answer, so its sender sends it again, and then it is read.
            error = Unreadable("cut-off", "the message was begun and never ended")
        record = rejection_of_part(origin, frame.content, frame.length, frame.sha256, error)
        source = self._door.source or FORMAT
        return at_each(record, self._door, source, error, salvaged(frame.content), patients)


def _answer(frame: Frame, outcome: Outcome, verdict: Verdict) -> bytes:
    try:
        charset = charset_of(frame.content)
    except Unreadable:
        charset = _AS_BYTES
    at = datetime.now(UTC)
    return b"".join(map(framed, acknowledgements(outcome.header, charset, verdict, at)))
