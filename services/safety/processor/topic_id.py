"""Ask a broker for a topic's UUID: aiokafka speaks Metadata up to version 5, topic ids came with 10."""

from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from services.safety.processor.identity import UNKNOWN_TOPIC_ID

METADATA_API = 3
TOPIC_IDS_SINCE = 10
ZERO = UUID(int=0)


class Uuid(Int16):  # type: ignore[misc]
    """Kafka's 16-byte UUID field (a subclass only because Schema accepts no foreign field types)."""

    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


class MetadataResponseV10(Response):  # type: ignore[misc]
    """Metadata response, version 10 (flexible)."""

    API_KEY = METADATA_API
    API_VERSION = TOPIC_IDS_SINCE
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id", Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class MetadataRequestV10(RequestStruct):  # type: ignore[misc]
    """Metadata request, version 10 (flexible)."""

    FLEXIBLE_VERSION = True
    API_KEY = METADATA_API
    API_VERSION = TOPIC_IDS_SINCE
    RESPONSE_TYPE = MetadataResponseV10
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class TopicIdRequest(Request[MetadataRequestV10]):  # type: ignore[misc]
    """Metadata of one topic, by name, without creating it."""

    API_KEY = METADATA_API

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def build(self, request_struct_class: type[MetadataRequestV10]) -> MetadataRequestV10:
        return request_struct_class([(ZERO, self._topic, {})], False, False, False, {})


async def fetch_topic_id(client: Any, topic: str) -> str:
    """The UUID of `topic`, or "-" where the broker knows no topic ids. `client` is an `AIOKafkaClient`."""
    try:
        response = await client.send(client.get_random_node(), TopicIdRequest(topic))
    except (NotImplementedError, IncompatibleBrokerVersion):
        return UNKNOWN_TOPIC_ID
    for _error, name, topic_id, *_rest in response.topics:
        if name == topic and topic_id != ZERO:
            return str(topic_id)
    return UNKNOWN_TOPIC_ID
