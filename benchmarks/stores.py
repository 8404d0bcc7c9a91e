"""The stores that a figure is measured on: a fresh one of each kind that is on this machine, in turn."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from services.launcher.servers.local_store import LocalStore, redis_binary, valkey_binary


def each_store() -> Iterator[tuple[str, LocalStore, Path]]:
    """The name of its server, the store, running, and a directory for what works with it. Both are gone
    afterwards.
    """
    for binary in (redis_binary(), valkey_binary()):
        if binary is None:
            continue
        with tempfile.TemporaryDirectory() as name:
            store = LocalStore(binary, Path(name) / "store")
            store.start()
            try:
                yield binary.name, store, Path(name)
            finally:
                store.stop()
