"""A real worker around the toy core, in its own process, with switches for faults and for defences.

    python -m tests.processor.toy_worker        settings from DOSEWARDEN_..., switches from TOY_...

It writes one line per handled batch to standard output: `handled`, the number of records so far. TOY_WITHOUT
names defences to leave out (`faults.WITHOUT`), TOY_FAULT one thing to go wrong (`faults.FAULTS`), TOY_PACE_S
seconds that each record shall take, so that a kill lands in the middle. TOY_CORE=medical puts the medical
core in the toy's place.
"""

import asyncio
import os
import sys

from services.safety.processor.app import create_app
from services.safety.processor.handler import BatchHandler
from services.safety.processor.settings import Settings
from services.safety.processor.worker import real_core, run
from services.stream.consumer import Fetch
from tests.processor import faults
from tests.processor.toy import ToyCore


def say(*words: object) -> None:
    sys.__stdout__.write(" ".join(map(str, words)) + "\n")
    sys.__stdout__.flush()


class ObservedHandler(BatchHandler):
    """Says what it handled, at the pace it was told."""

    handled = 0

    async def __call__(self, batch: Fetch) -> None:
        records = sum(map(len, batch.values()))
        await asyncio.sleep(records * float(os.environ.get("TOY_PACE_S", "0")))
        await super().__call__(batch)
        self.handled += records
        say("handled", self.handled)


def main() -> int:
    settings = Settings.from_environment(os.environ)
    medical = os.environ.get("TOY_CORE") == "medical"
    core = real_core(settings) if medical else ToyCore(review=os.environ.get("TOY_REVIEW") == "1")
    app = create_app(settings, core)
    handler = ObservedHandler(app)
    app.batch_handlers[settings.topics.events] = handler
    for name in filter(None, os.environ.get("TOY_WITHOUT", "").split(",")):
        faults.WITHOUT[name]()
    fault = os.environ.get("TOY_FAULT", "")
    if fault:
        name, _, argument = fault.partition(":")
        faults.FAULTS[name](app, handler, argument, say)
    return run(app, os.environ.get("TOY_LOGLEVEL", "INFO"))


if __name__ == "__main__":
    sys.exit(main())
