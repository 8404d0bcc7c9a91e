"""A notifier with a fault of its own: it fails with the record that it has just read in its hands."""

import asyncio
import os
from collections.abc import Sequence

from services.notifier.__main__ import main
from services.notifier.findings.pipeline import Pipeline
from services.notifier.store.alert_store import Epochs
from services.stream.records import Record


async def fail(self: Pipeline, records: Sequence[Record], epochs: Epochs) -> None:
    await asyncio.sleep(0)
    raise RuntimeError("a fault of its own")


if __name__ == "__main__":
    Pipeline.take_all = fail  # type: ignore[method-assign]
    os._exit(main())
