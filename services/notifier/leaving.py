"""How clients of Kafka are closed: on every way out, within some seconds, and with the tasks that they began.

A client whose own farewell is broken off leaves tasks behind that connect anew, after its connections were
closed.
"""

import asyncio
import logging
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.notifier.stopping import goodbye

log = logging.getLogger(__name__)
_CUT_WITHIN_S = 0.5


async def leave(client: AIOKafkaConsumer | AIOKafkaProducer, what: str) -> None:
    """Close a client, also one that never began; `what` names its farewell in the log."""
    left = False
    try:
        left = await goodbye(client.stop(), what)
    except KafkaError as error:
        log.warning("%s failed: %s", what, type(error).__name__)
    finally:
        if not left:
            await goodbye(_cut(client), f"closing connections after {what}", _CUT_WITHIN_S)


async def _cut(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """End its tasks, so that none of them connects again, and then its connections."""
    tasks = [task for task in _tasks(client) if not task.done()]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_CUT_WITHIN_S / 2)
    await (client.client if isinstance(client, AIOKafkaProducer) else client._client).close()


def _tasks(client: AIOKafkaConsumer | AIOKafkaProducer) -> Iterable[asyncio.Task[object]]:
    if isinstance(client, AIOKafkaProducer):
        found = [client._sender.sender_task if client._sender is not None else None]
    else:
        coordinator = client._coordinator
        names = ("_coordination_task", "_heartbeat_task", "_commit_refresh_task", "_reset_committed_task")
        found = [getattr(coordinator, name, None) for name in names]
        if client._fetcher is not None:
            found += [client._fetcher._fetch_task, *client._fetcher._pending_tasks]
    return [task for task in found if task is not None]
