"""JSON Schemas of everything that crosses a topic, for those who write producers in other languages.

`python -m schemas.json_schemas` writes them to `schemas/json/`, and beside it the AsyncAPI document of the
topics that refers to them; a test fails when they are stale.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from schemas import asyncapi
from schemas.alert_state import ALERT_STATE_RECORD
from schemas.alerts import AlertAction, AlertHistoryEntry
from schemas.clinical import CLINICAL_EVENT
from schemas.issues import DETECTED_ISSUE_RECORD
from schemas.page_journal import JournaledPage
from schemas.rejections import REJECTED_RECORD

DIRECTORY = Path(__file__).parent / "json"

_CONTRACTS: Mapping[str, TypeAdapter[Any]] = {
    "clinical-event": CLINICAL_EVENT,
    "detected-issue-record": DETECTED_ISSUE_RECORD,
    "alert-action": TypeAdapter(AlertAction),
    "alert-history-entry": TypeAdapter(AlertHistoryEntry),
    "alert-state-record": ALERT_STATE_RECORD,
    "journaled-page": TypeAdapter(JournaledPage),
    "rejected-record": REJECTED_RECORD,
}


def rendered() -> dict[str, str]:
    """File name to text of each schema, as it has to stand in `schemas/json/`."""
    return {
        f"{name}.schema.json": json.dumps(adapter.json_schema(), indent=2, sort_keys=True) + "\n"
        for name, adapter in _CONTRACTS.items()
    }


def write(directory: Path = DIRECTORY) -> None:
    """Write every schema to `directory`, and the AsyncAPI document beside it."""
    directory.mkdir(exist_ok=True)
    (directory.parent / asyncapi.FILE).write_text(asyncapi.rendered(), encoding="utf-8")
    for name, text in rendered().items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
