"""The ward day as a file of our `events` format; `python -m services.launcher.ward_day.writing` writes it."""

import json
import sys

from services.launcher.ward_day import EVENTS, TELLING
from services.launcher.ward_day.staging import Staged, stage
from services.launcher.ward_day.telling import read_telling


def line_of(staged: Staged) -> str:
    """One line of the file; a garbled one says something that no dose can be."""
    content = staged.event.model_dump(mode="json", exclude_defaults=True) | {"kind": staged.event.kind}
    if staged.garbled:
        value, unit = staged.garbled.split(" ", 1)
        content["dose"] = {"value": value, "unit": unit}
    return json.dumps(content, ensure_ascii=False)


def ward_day() -> str:
    """The whole file."""
    return "".join(line_of(staged) + "\n" for staged in stage(read_telling(TELLING)))


if __name__ == "__main__":
    EVENTS.write_text(ward_day())
    sys.stdout.write(f"{EVENTS} written\n")
