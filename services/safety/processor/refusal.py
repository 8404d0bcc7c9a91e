"""Why a safety worker stops for good."""

from services.stream.refusal import Refusal


class LedgerMismatch(Refusal):
    """The changelog does not belong to the log that is there now, or parts of it are gone."""


class KnowledgeRequired(Refusal):
    """A partition is to be judged by a knowledge version that this worker does not have."""

    def __init__(self, partition: int, version: str, here: str) -> None:
        super().__init__(
            f"partition {partition} is to be judged by knowledge version {version}, and this worker has "
            f"{here}. Start it with the directory of that version (DOSEWARDEN_KNOWLEDGE or "
            "DOSEWARDEN_KNOWLEDGE_NEXT), or make its own version the one that judges: "
            "`dosewarden knowledge activate`."
        )
        self.partition = partition
        self.version = version


class LedgerUnreadable(Refusal):
    """The core cannot restore a patient from the changelog."""


class TooManyRejects(Refusal):
    """So many records could not be understood that the fault is not in single records."""
