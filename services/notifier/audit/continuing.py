"""Where the chains stand when a process begins to relay.

The topic decides, not the store: the store may have been emptied, may have lost its last writes, and a relay
that was killed may have sent more than it noted. What the last records of the topic hold is not sent again.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from schemas.topics import ALERT_HISTORY
from services.notifier.audit.anchors import read_anchors
from services.notifier.audit.chain import Head, fingerprint, partition_of_chain
from services.notifier.record.whole_topic import WholeTopic
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_LOOK_BACK = 3_200
"""Records before the head that are read: as many as one round of all shards sends at most."""


class Continuation:
    """The heads of all chains, and what was sent lately."""

    def __init__(self, heads: Mapping[str, Head]) -> None:
        self.heads = dict(heads)
        self._sent: set[bytes] = set()

    def was_sent(self, content: Mapping[str, Any]) -> bool:
        """Whether an entry that says this is in the topic already."""
        return bool(self._sent) and fingerprint(content) in self._sent

    def caught_up(self) -> None:
        """Everything that could have been sent before was looked at: what comes now is new."""
        self._sent.clear()

    def take(self, record: ConsumerRecord) -> None:
        """One more record of the history, in the order of its partition."""
        try:
            content = orjson.loads(record.value or b"")
            chain, sequence, digest = content["chain"], content["chain_sequence"], content["hash"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return
        self._sent.add(fingerprint(content))
        head = self.heads.get(chain, Head())
        if sequence == head.sequence + 1 and content.get("previous_hash") == head.hash:
            self.heads[chain] = Head(sequence, digest, record.offset)


async def continued(kafka: Where, noted: Mapping[str, Head]) -> Continuation:
    """The chains as the topic holds them; `noted` is what the store knows. Raises `CannotRead`."""
    heads = dict(noted)
    anchors = await read_anchors(kafka)
    for partition, offset in anchors.unreadable:
        log.error("an anchor in alert-state cannot be read: partition %d, offset %d", partition, offset)
    for chain, anchor in anchors.found.items():
        if anchor.sequence > heads.get(chain, Head()).sequence:
            heads[chain] = Head(anchor.sequence, anchor.hash, anchor.offset)
    going_on = Continuation(heads)
    async with WholeTopic.opened(kafka, ALERT_HISTORY.name) as topic:
        async for record in topic.records(starts=_starts(heads, topic.partitions)):
            going_on.take(record)
    return going_on


def _starts(heads: Mapping[str, Head], partitions: Iterable[int]) -> dict[int, int]:
    """Before the head that lies deepest in each partition; a partition without one from its beginning."""
    starts: dict[int, int] = {}
    for partition in partitions:
        offsets = [head.offset for chain, head in heads.items() if partition_of_chain(chain) == partition]
        starts[partition] = max(0, min(offsets) - _LOOK_BACK) if offsets else 0
    return starts
