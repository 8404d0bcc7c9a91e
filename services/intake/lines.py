"""Files and their lines, plain or gzip, with the size limit in force before anything is parsed."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from schemas.rejections import KEPT_BYTES

LARGEST_MESSAGE = 1024 * 1024
"""Bytes of one line, or of one resource."""
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of one file that must be read as a whole (a Bundle)."""
_CHUNK = 64 * 1024


class BrokenFile(Exception):
    """A file that cannot be read to its end; the message is for the person who named it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line from 1, without its end. `whole` is False where it was longer than the limit: `text` then
    begins it.
    """

    number: int
    text: bytes
    length: int
    sha256: str
    whole: bool


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where its name ends in .gz. Raises `BrokenFile`."""
    try:
        return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        raise BrokenFile(f"{path} cannot be opened: {error.strerror}") from error


def files(paths: Iterable[Path], suffixes: tuple[str, ...], called: str) -> Iterator[Path]:
    """The files meant: a directory stands for all files beneath it that end so (.gz aside), by name.

    Raises `BrokenFile` for a directory without any; `called` says to people what was looked for.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(item for item in path.rglob("*") if item.name.removesuffix(".gz").endswith(suffixes))
        if not found:
            raise BrokenFile(f"{path} holds no {called} file")
        yield from found


def whole_file(path: Path, limit: int) -> tuple[bytes, bool]:
    """The file's content up to `limit` bytes, and whether that is all of it. Raises `BrokenFile`."""
    with opened(path) as stream:
        try:
            content = stream.read(limit + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise BrokenFile(f"{path} is damaged or not a gzip file") from error
    return content[:limit], len(content) <= limit


def lines(path: Path, limit: int = LARGEST_MESSAGE) -> Iterator[Line]:
    """The lines that hold something. No more than `limit` bytes of a line are ever kept. Raises
    `BrokenFile`.
    """
    with opened(path) as stream:
        number = 0
        try:
            while text := stream.readline(limit + 2):
                number += 1
                if text.endswith(b"\n") or len(text) <= limit:
                    bare = text.rstrip(b"\r\n")
                    if len(bare) <= limit:
                        if bare.strip():
                            yield Line(number, bare, len(bare), "", True)
                        continue
                yield _too_long(stream, number, text)
        except (OSError, EOFError, zlib.error) as error:
            raise BrokenFile(f"{path} is damaged after line {number}") from error


def _too_long(stream: IO[bytes], number: int, beginning: bytes) -> Line:
    digest = hashlib.sha256()
    length = 0
    part = beginning
    while part:
        bare = part.rstrip(b"\r\n") if part.endswith(b"\n") else part
        digest.update(bare)
        length += len(bare)
        part = b"" if part.endswith(b"\n") else stream.readline(_CHUNK)
    return Line(number, beginning[:KEPT_BYTES], length, digest.hexdigest(), False)
