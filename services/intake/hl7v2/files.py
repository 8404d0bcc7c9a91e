"""Files to messages: one or many of them, with MLLP frames or in batches (FHS, BHS), each also as .gz."""

import re
from collections.abc import Iterator
from pathlib import Path

from schemas.rejections import Origin
from services.intake.hl7v2.charset import BOM
from services.intake.lines import LARGEST_FILE, BrokenFile, whole_file

FORMAT = "hl7v2"
SUFFIXES = (".hl7", ".txt")
CALLED = ".hl7 or .txt"
_FRAME_MARKS = re.compile(rb"[\x0b\x1c]")
_MESSAGE = re.compile(rb"(?:^|(?<=[\r\n]))(?:\xef\xbb\xbf)?MSH(?=[^A-Za-z0-9\s])")
_ENVELOPE = re.compile(rb"(?:^|(?<=[\r\n]))(?:FHS|BHS|BTS|FTS)(?:[^\r\n]*)(?:[\r\n]+|$)")


def messages(path: Path) -> Iterator[tuple[Origin, bytes]]:
    """Each message of a file with the line its MSH stands on. What is no message in front of the first one
    comes as one of its own, to be rejected. Raises `BrokenFile`, also for a file beyond the limit.
    """
    content, whole = whole_file(path, LARGEST_FILE)
    if not whole:
        raise BrokenFile(f"{path} has more than {LARGEST_FILE} bytes: split it between messages")
    bare = _ENVELOPE.sub(b"\r", _FRAME_MARKS.sub(b"\r", content.removeprefix(BOM)))
    starts = [found.start() for found in _MESSAGE.finditer(bare)]
    if not starts or bare[: starts[0]].strip():
        yield Origin(door=FORMAT, path=str(path), line=1), bare[: starts[0]] if starts else bare
    line, counted = 1, 0
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else len(bare)
        line += _line_ends(bare[counted:start])
        counted = start
        yield Origin(door=FORMAT, path=str(path), line=line), bare[start:end]


def _line_ends(text: bytes) -> int:
    """How many lines end here, whichever way they do."""
    return text.count(b"\r") + text.count(b"\n") - text.count(b"\r\n")
