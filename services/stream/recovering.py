"""What becomes of changelog fetches while Faust recovers its tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faust.types import TP

if TYPE_CHECKING:
    from services.stream.consumer import BatchConsumer


class Recovering:
    """For an app without tables: all is left to Faust."""

    def sought(self, positions: Mapping[TP, int | None]) -> None:
        """Somebody moved the consumer: reading goes on from there."""

    async def note_positions(self, consumer: "BatchConsumer") -> None:
        """Called before each fetch of a recovery."""

    async def take(self, consumer: "BatchConsumer", tp: TP, records: list[Any]) -> list[Any]:  # noqa: ARG002
        """Take in a fetch; return what Faust shall see of it."""
        return records
