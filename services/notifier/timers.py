"""Pages what has held to its time: live alerts by the store's clock, simulated ones by the told time.

Each round asks the shards that a partition's patients fall into; every `_SWEEP`th asks all, so that a
record which its producer put into another partition than ours would choose is late, and never forgotten.
"""

from schemas.base import TimeDomain
from services.notifier.identifiers import tags, tags_of_partition
from services.notifier.partitions import Partitions
from services.notifier.stopping import Stop
from services.notifier.store import AlertStore

POLL_S = 0.25
_SWEEP = 20


async def run_timers(store: AlertStore, partitions: Partitions, stop: Stop) -> None:
    """Take due timers of our partitions until `stop`; at most `POLL_S` late."""
    rounds = 0
    while not stop:
        for partition in partitions.owned:
            everywhere = rounds % _SWEEP == 0
            shards = tags() if everywhere else tags_of_partition(partition, partitions.total)
            await store.due(TimeDomain.LIVE, partition, 0, shards)
            told_ms = partitions.told_ms(partition)
            if told_ms is not None:
                await store.due(TimeDomain.SIMULATED, partition, told_ms, shards)
        rounds += 1
        await stop.or_else(partitions.moved(POLL_S))
