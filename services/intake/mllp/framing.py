"""MLLP's frames: <VT> message <FS><CR>, found again however the network cut them.

<FS> alone ends a frame, so that a peer that forgets the <CR> is answered, too. Within a frame, <VT> in front
of MSH begins another message: the one before it was never ended. Why this is not `hl7.mllp`:
docs/decisions/own-mllp-framing.md.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from schemas.rejections import KEPT_BYTES
from services.intake.lines import LARGEST_MESSAGE

START, END = b"\x0b", b"\x1c"
_LINE_ENDS = b"\r\n"
_TURN = re.compile(rb"\x1c|\x0b(?=(?:\xef\xbb\xbf)?MSH)")
"""The end of the open frame, or the start of another in it."""
_PERHAPS_A_TURN = re.compile(rb"\x0b(?:(?:\xef(?:\xbb(?:\xbf)?)?)?|(?:\xef\xbb\xbf)?M(?:S)?)\Z")
"""What may be the start of another, once more is read."""
_LONGEST_TURN = len(b"\x0b\xef\xbb\xbfMSH")


class Ending(Enum):
    """How a frame ended."""

    WHOLE = auto()
    TOO_LARGE = auto()
    CUT_OFF = auto()


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood in one frame. Of a frame beyond the limit `content` is the beginning; `length` in bytes and
    `sha256` speak of all of it.
    """

    content: bytes
    ending: Ending
    length: int
    sha256: str


class Frames:
    """Takes bytes as they come. Never holds more than `limit` bytes of a frame, and what it is fed.

    `noise` counts the bytes outside of frames, line ends apart.
    """

    def __init__(self, limit: int = LARGEST_MESSAGE) -> None:
        self._limit = limit
        self._inside = False
        self._kept = bytearray()
        self._length = 0
        self._digest = hashlib.sha256()
        self._undecided = b""
        self.noise = 0

    @property
    def begun(self) -> bool:
        """Whether a frame is open."""
        return self._inside

    @property
    def held(self) -> int:
        """The bytes of the open frame that are in memory."""
        return len(self._kept) + len(self._undecided)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that end in `data`, in order. Must be exhausted before it is called again."""
        data, self._undecided = self._undecided + data, b""
        place = 0
        while place < len(data):
            if not self._inside:
                start = data.find(START, place)
                between = data[place : start if start >= 0 else len(data)]
                self.noise += len(between.translate(None, _LINE_ENDS))
                if start < 0:
                    return
                self._inside, place = True, start + 1
                continue
            turn = _TURN.search(data, place)
            if turn is None:
                perhaps = _PERHAPS_A_TURN.search(data, max(place, len(data) - _LONGEST_TURN))
                decided = perhaps.start() if perhaps is not None else len(data)
                self._add(data[place:decided])
                self._undecided = data[decided:]
                return
            self._add(data[place : turn.start()])
            place = turn.end()
            ended = turn.group() == END
            if ended or self._length:
                yield self._closed(Ending.WHOLE if ended else Ending.CUT_OFF)
            self._inside = not ended

    def end(self) -> Iterator[Frame]:
        """What was begun when the connection ended."""
        self._add(self._undecided)
        self._undecided = b""
        if self._length:
            yield self._closed(Ending.CUT_OFF)
        self._clear()

    def _add(self, part: bytes) -> None:
        self._length += len(part)
        self._digest.update(part)
        if self._length <= self._limit:
            self._kept += part
        elif len(self._kept) < KEPT_BYTES:
            self._kept += part[: KEPT_BYTES - len(self._kept)]
        else:
            del self._kept[KEPT_BYTES:]

    def _closed(self, ending: Ending) -> Frame:
        content, length, digest = bytes(self._kept), self._length, self._digest.hexdigest()
        self._clear()
        if length > self._limit:
            return Frame(content[:KEPT_BYTES], Ending.TOO_LARGE, length, digest)
        return Frame(content, ending, length, digest)

    def _clear(self) -> None:
        self._inside = False
        self._kept = bytearray()
        self._length = 0
        self._digest = hashlib.sha256()


def framed(message: bytes) -> bytes:
    """A message as it goes over the wire."""
    return START + message + END + b"\r"
