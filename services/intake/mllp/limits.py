"""What one peer of the MLLP door may cost the others."""

from dataclasses import dataclass

from services.intake.ending import LEFT_WITHIN_S
from services.intake.lines import LARGEST_MESSAGE


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, seconds, and connections at once.

    `frame_s` is for one frame from its first byte to its last, `answer_s` for the peer to read an answer,
    `idle_s` between two messages; `noise` are the bytes outside of frames between two messages.
    """

    largest: int = LARGEST_MESSAGE
    connections: int = 256
    idle_s: float = 3_600.0
    frame_s: float = 60.0
    answer_s: float = 30.0
    handshake_s: float = 10.0
    noise: int = 64 * 1024
    ending_s: float = LEFT_WITHIN_S
