"""Our processor as production runs it, with a clock around its handler.

Every fetch is durable when its handler returns: issues first, then the changelog. Time is not carried
to silent patients here (no ticks), because no other contender does it; heartbeats are sent as ever.
Arguments: bootstrap, source topic, issues topic, events. It ends by SIGTERM, its own or another's.
"""

import os
import signal
import sys

from benchmarks.core_under_test import new_core
from benchmarks.meter import Meter
from benchmarks.workload import SITE
from schemas.base import TimeDomain
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS
from services.safety.processor.app import create_app
from services.safety.processor.settings import Settings, Topics
from services.safety.processor.worker import run
from services.stream.consumer import Fetch

_NEVER_S = 86_400.0


def main(bootstrap: str, source: str, issues: str, expected: int) -> int:
    """Read the topic to its end; the worker's exit code."""
    prefix = source.removesuffix(PATIENT_EVENTS.name)
    settings = Settings(
        kafka=bootstrap,
        group=prefix + Settings().group,
        topics=Topics(source, issues, prefix + REJECTED_EVENTS.name),
        time_domain=TimeDomain.SIMULATED,
        site_key=SITE,
        tick_s=_NEVER_S,
    )
    app = create_app(settings, new_core())
    meter = Meter(expected)
    handle = app.batch_handlers[source]

    async def measured(batch: Fetch) -> None:
        meter.start()
        await handle(batch)
        if meter.done(sum(map(len, batch.values()))):
            os.kill(os.getpid(), signal.SIGTERM)

    app.batch_handlers[source] = measured
    return run(app, loglevel="WARNING")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
