"""Seeing that what is assigned to a worker is read."""

import asyncio
from collections.abc import Set

from faust.types import TP

from services.stream.consumer import BatchConsumer
from services.stream.progress import Progress


async def verify_progress(progress: Progress, consumer: BatchConsumer, ours: Set[TP]) -> None:
    """Ask the log how far it goes; raise `PartitionStuck` or `OffsetReset` as `Progress.note` does.

    What is not ours for now is not waited for: its time begins anew when it comes back.
    """
    progress.keep(ours)
    if not ours:
        return
    handled = {tp: consumer.next_offset(tp) for tp in ours}
    ends = await consumer.log_ends(ours)
    now = asyncio.get_running_loop().time()
    for tp, end in ends.items():
        expected = handled[tp]
        if expected is not None and consumer.next_offset(tp) is not None:
            progress.note(tp, expected, end, now)
