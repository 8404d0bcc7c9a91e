"""HL7 version 2: messages of 2.3 to 2.8 become clinical events."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from services.intake.door import Door
from services.intake.hl7v2.faults import Fault
from services.intake.hl7v2.files import CALLED, SUFFIXES, messages
from services.intake.hl7v2.header import Header
from services.intake.hl7v2.outcome import Outcome
from services.intake.hl7v2.reader import FORMAT, read_message
from services.intake.lines import files
from services.intake.reading import Reading

__all__ = ["FORMAT", "Fault", "Header", "Outcome", "read", "read_message"]


def read(paths: Iterable[Path], door: Door) -> Iterator[Reading]:
    """Every message of the files as readings, in file order. Raises `BrokenFile`."""
    for path in files(paths, SUFFIXES, CALLED):
        for origin, content in messages(path):
            yield from read_message(content, origin, door).readings
