"""Running one worker until it is told to stop, and saying by its exit code how it ended.

0  told to stop, and everything handled is committed
1  failed: start it again; nothing is lost, its offsets stand where the last finished batch ended
2  a setting is wrong
3  refused: starting it again changes nothing until somebody has done what the message says
"""

import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from faust import Worker

from services.safety.processor.app import BatchApp, create_app
from services.safety.processor.collecting import spare_the_lasting
from services.safety.processor.contract import Core
from services.safety.processor.refusal import Refusal
from services.safety.processor.settings import BadSettings, Settings

STOPPED, FAILED, WRONG_USAGE, REFUSED = 0, 1, 2, 3

log = logging.getLogger(__name__)


def run(app: BatchApp, loglevel: str = "INFO") -> int:
    """Run `app` in this process; the exit code. Takes over the event loop, signals and logging."""
    logging.disable(logging.DEBUG)  # Faust formats debug lines even where nobody reads them
    worker = Worker(app, loglevel=loglevel, redirect_stdouts=False)
    for name in ("aiokafka", "faust.transport", "faust.tables"):
        logging.getLogger(name).setLevel(logging.WARNING)
    app.last_resort = LastResort(app.settings.stop_s, lambda: worker.crash_reason or app.crash_reason)
    spare_the_lasting()
    code = FAILED
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        code = STOPPED if end.code == STOPPED else FAILED
    reason = app.refusal or worker.crash_reason or app.crash_reason
    if isinstance(reason, Refusal):
        log.critical("REFUSED: %s", reason)
        return REFUSED
    if reason is not None:
        log.critical("FAILED: %s: %s", type(reason).__name__, reason)
        return FAILED
    return code


class LastResort:
    """Ends the process if stopping hangs, for example on a broker that is gone. Nothing is lost by that."""

    def __init__(self, seconds: float, reason: Callable[[], BaseException | None]) -> None:
        self._seconds = seconds
        self._reason = reason
        self._timer: threading.Timer | None = None

    def arm(self) -> None:
        """Begin to count; once is enough."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds, self._end)
            self._timer.daemon = True
            self._timer.start()

    def _end(self) -> None:
        reason = self._reason()
        if reason is not None:
            # A producer whose write was refused may never finish stopping; the cause must not go with it.
            sys.stderr.write(f"FAILED: {type(reason).__name__}: {reason}\n")
        sys.stderr.write(f"stopping took more than {self._seconds:g} s: ended at once; offsets stand\n")
        sys.stderr.flush()
        os._exit(FAILED)


def real_core(settings: Settings) -> Core[Any, Any]:
    """The medical core with the knowledge that the settings name."""
    # Imported here: a worker with another core does not need the knowledge base.
    from services.safety.core import LedgerCore
    from services.safety.knowledge.loader import load

    knowledge = load(settings.knowledge, jurisdiction=settings.jurisdiction, zone=settings.zone)
    following = None
    if settings.knowledge_next is not None:
        following = load(settings.knowledge_next, jurisdiction=settings.jurisdiction, zone=settings.zone)
    return LedgerCore(
        knowledge,
        settings.site_key,
        time_domain=settings.time_domain,
        now=lambda: datetime.now(UTC),
        following=following,
    )


def main(environment: Mapping[str, str] = os.environ) -> int:
    """A worker with its settings from the environment; the exit code."""
    from services.safety.knowledge.problems import KnowledgeError

    try:
        settings = Settings.from_environment(environment)
        core = real_core(settings)
    except (BadSettings, KnowledgeError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USAGE
    return run(create_app(settings, core))
