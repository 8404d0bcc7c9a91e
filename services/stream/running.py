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
from collections.abc import Callable

from faust import Worker

from services.stream.app import StreamApp
from services.stream.refusal import Refusal

STOPPED, FAILED, WRONG_USAGE, REFUSED = 0, 1, 2, 3

log = logging.getLogger(__name__)


def run(app: StreamApp, loglevel: str = "INFO") -> int:
    """Run `app` in this process; the exit code. Takes over the event loop, signals and logging."""
    logging.disable(logging.DEBUG)  # Faust formats debug lines even where nobody reads them
    worker = Worker(app, loglevel=loglevel, redirect_stdouts=False)
    for name in ("aiokafka", "faust.transport", "faust.tables"):
        logging.getLogger(name).setLevel(logging.WARNING)
    app.last_resort = LastResort(app.shell.stop_s, lambda: worker.crash_reason or app.crash_reason)
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
