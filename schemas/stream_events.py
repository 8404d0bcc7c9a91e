"""What the stream carries beside facts: signs of life, time, knowledge versions, the end of a first load."""

from typing import Literal

from schemas.base import Contract, Identifier, Instant, Several, TimeDomain


class SourceHeartbeat(Contract):
    """A source is alive. Carries no patient; each partition gets its own copy."""

    kind: Literal["heartbeat"] = "heartbeat"
    event_id: Identifier
    source: Identifier
    received_at: Instant
    time_domain: TimeDomain = TimeDomain.LIVE


class KnowledgeActivated(Contract):
    """From here on, judge by this knowledge version. Each partition gets its own copy."""

    kind: Literal["knowledge-activated"] = "knowledge-activated"
    event_id: Identifier
    knowledge_version: Identifier
    shadow: bool
    received_at: Instant
    time_domain: TimeDomain = TimeDomain.LIVE


class HistoryEnded(Contract):
    """What was received as history by then counts as live. Each partition gets its own copy."""

    kind: Literal["history-ended"] = "history-ended"
    event_id: Identifier
    received_at: Instant
    time_domain: TimeDomain = TimeDomain.LIVE


class SourceSeen(Contract):
    """The last sign of life of one source, as the sender of a tick knows it."""

    source: Identifier
    at: Instant


class ClockTick(Contract):
    """Carries time to a patient for whom nothing arrives; at or before the last review it changes nothing.

    `live_from`: a patient of whom nothing but history was received, none of it later than that, goes live.
    """

    kind: Literal["tick"] = "tick"
    event_id: Identifier
    patient: Identifier
    received_at: Instant
    time_domain: TimeDomain = TimeDomain.LIVE
    sources: Several[SourceSeen] = ()
    live_from: Instant | None = None
