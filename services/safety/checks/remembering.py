"""Answers kept from one event to the next: most of a patient does not change when one dose is given.

An answer is a function of immutable values, known by identity, and of the instant; it is right from when it
was worked out until its own review. What is kept changes no answer, only how fast it is given.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """The newest answers to one kind of question, at most `size` of them.

    The values asked about are held with the answer, so that no other value can take their identity.
    """

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._answers: dict[tuple[object, ...], tuple[tuple[object, ...], datetime, datetime | None, T]] = {}

    def __call__(
        self,
        now: datetime,
        about: tuple[object, ...],
        question: tuple[object, ...],
        work_out: Callable[[], tuple[T, datetime | None]],
    ) -> tuple[T, datetime | None]:
        """The answer at `now` and its review. `about` is compared by identity, `question` by value."""
        key = (*map(id, about), *question)
        known = self._answers.get(key)
        if known is not None:
            _, since, review_at, answer = known
            if since <= now and (review_at is None or now < review_at):
                return answer, review_at
        answer, review_at = work_out()
        if len(self._answers) >= self._size:
            self._answers.clear()
        self._answers[key] = (about, now, review_at, answer)
        return answer, review_at
