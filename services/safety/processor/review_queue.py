"""When which patient of one partition has to be looked at again: a heap with lazy deletion."""

from collections.abc import Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush

REBUILD_ABOVE = 64


class ReviewQueue:
    """Holds at most one due instant (aware) per patient."""

    def __init__(self) -> None:
        self._due: dict[bytes, datetime] = {}
        self._heap: list[tuple[datetime, bytes]] = []

    def __len__(self) -> int:
        return len(self._due)

    def schedule(self, patient: bytes, due_at: datetime | None) -> None:
        """Set the patient's next review, replacing an earlier one; None: nothing to wait for."""
        if self._due.get(patient) == due_at:
            return
        if due_at is None:
            del self._due[patient]
            return
        self._due[patient] = due_at
        heappush(self._heap, (due_at, patient))
        if len(self._heap) > 2 * len(self._due) + REBUILD_ABOVE:
            self._heap = [(due, who) for who, due in self._due.items()]
            heapify(self._heap)

    def due(self, patient: bytes) -> datetime | None:
        """When the patient is to be looked at; also while its tick is under way."""
        return self._due.get(patient)

    def due_by(self, now: datetime) -> Iterator[tuple[bytes, datetime]]:
        """Take out, earliest first, every review that is due at `now`.

        The patient's next header schedules the next one; a review whose tick came to nothing is `put_back`.
        """
        while self._heap and self._heap[0][0] <= now:
            due_at, patient = heappop(self._heap)
            if self._due.get(patient) == due_at:
                yield patient, due_at

    def put_back(self, patient: bytes, due_at: datetime) -> None:
        """Make a review that was taken out due again, unless another has been scheduled since."""
        if self._due.get(patient) == due_at:
            heappush(self._heap, (due_at, patient))
