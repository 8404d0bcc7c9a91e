"""Which log a ledger was folded from: topic id, partition count and format version.

A ledger folded from another log, or by another partitioning, is a wrong ledger that looks right: the worker
refuses to start and says how to rebuild. Kafka names every incarnation of a topic with a UUID; the embedded
broker has none, and there only a watermark beyond the log's end betrays a topic that was created anew.
"""

from dataclasses import dataclass

UNKNOWN_TOPIC_ID = "-"


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """The log as the broker describes it now."""

    topic: str
    topic_id: str
    partitions: int
    format: int

    def tag(self) -> bytes:
        """The compact form that every ledger header carries."""
        return f"{self.format}/{self.partitions}/{self.topic_id}".encode()

    def differences(self, tag: bytes) -> list[str]:
        """What a header written under `tag` disagrees about, in words; empty if nothing."""
        try:
            version, partitions, topic_id = tag.decode().split("/", 2)
        except ValueError:
            return ["its origin cannot be read"]
        found = []
        if version != str(self.format):
            found.append(f"format version {version}, this service writes {self.format}")
        if partitions != str(self.partitions):
            found.append(f"folded from {partitions} partitions, {self.topic} now has {self.partitions}")
        if topic_id != self.topic_id and UNKNOWN_TOPIC_ID not in (topic_id, self.topic_id):
            found.append(f"folded from topic id {topic_id}, {self.topic} now is {self.topic_id}")
        return found


def how_to_rebuild(changelog: str, group: str, source: str) -> str:
    """The remedy, for the message of every refusal."""
    return (
        f"To rebuild the ledgers: stop every safety worker; delete and re-create the topic {changelog}; "
        f"reset the consumer group {group} on {source} to the earliest offset; start again. {source} must "
        "still hold everything since the ledger horizon."
    )
