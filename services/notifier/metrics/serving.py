"""The metrics endpoint: plain HTTP, off unless the site says where, on loopback unless it says otherwise."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from services.notifier.environment import BadSettings
from services.notifier.findings.partitions import Partitions
from services.notifier.metrics.counters import Counters
from services.notifier.metrics.exporting import StoreCollector
from services.notifier.metrics.observing import observe
from services.notifier.stopping import Stop
from services.notifier.store.connection import Connection

log = logging.getLogger(__name__)
_EVERY_S = 10.0


@contextmanager
def served(counters: Counters, place: tuple[str, int] | None) -> Iterator[None]:
    """Serve the counters while this lasts. Raises `BadSettings` where the place is taken or not ours."""
    if place is None:
        yield
        return
    host, port = place
    try:
        server, thread = start_http_server(port, host, counters.registry)
    except OSError as error:
        raise BadSettings(
            f"DOSEWARDEN_METRICS: {host}:{port} cannot be listened on: {error.strerror}"
        ) from error
    log.info("metrics at http://%s:%d/metrics", host, port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class StoreObserver:
    """Counts what the store holds, for scrapes to find; scrapes themselves ask nothing of the store."""

    def __init__(self, connection: Connection, counters: Counters, partitions: Partitions) -> None:
        self._connection = connection
        self._partitions = partitions
        self.collector = StoreCollector(time.monotonic)
        counters.registry.register(self.collector)

    async def run(self, stop: Stop) -> None:
        """Look every ten seconds until `stop`; while the store is away nothing is observed."""
        while not stop:
            observation = await stop.or_else(observe(self._connection, self._partitions.total))
            if observation is not None:
                self.collector.observed(observation)
            await stop.sleep(_EVERY_S)
