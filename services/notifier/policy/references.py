"""Whom a step names: "role:nurse", "rota:ward-3-nurses", "person:duty-manager", perhaps with "/channel"."""

from collections.abc import Iterable

PREFERRED = "preferred"
"""In the place of a channel: the one that each person prefers; the sender goes on to the next if it fails."""


def kind_and_name(ref: str) -> tuple[str, str, str]:
    """Kind, name and channel of a reference; the channel is empty where any will do."""
    kind, _, rest = ref.partition(":")
    name, _, channel = rest.partition("/")
    return kind, name, channel


def with_channels(refs: Iterable[str], channels: tuple[str, ...] | None) -> tuple[str, ...]:
    """The references, each by each of the channels; unchanged where any channel will do."""
    if channels is None:
        return tuple(refs)
    return tuple(f"{ref}/{channel}" for ref in refs for channel in channels)
