"""Answers each line of standard input with the present, by the store and by this machine."""

import asyncio
import sys
from datetime import UTC, datetime

from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection


async def main(url: str) -> None:
    connection = Connection(url, patience_s=10)
    store = AlertStore(connection)
    await store.now_ms()
    while await asyncio.to_thread(sys.stdin.readline):
        sys.stdout.write(f"{store.present().isoformat()} {datetime.now(UTC).isoformat()}\n")
        sys.stdout.flush()
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
