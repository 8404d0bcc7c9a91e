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
        self._answers: dict[
            tuple[object, ...], tuple[tuple[object, ...], datetime, tuple[T, datetime | None]]
        ] = {}

    def __call__(
        self,
        now: datetime,
        about: tuple[object, ...],
        question: tuple[object, ...],
        work_out: Callable[[], tuple[T, datetime | None]],
    ) -> tuple[T, datetime | None]:
        """The answer at `now` and its review. `about` is compared by identity, `question` by value."""
        key = (*map(id, about), *question)
        known = self.known(now, key)
        return known if known is not None else self.keep(now, key, about, *work_out())

    def known(self, now: datetime, key: tuple[object, ...]) -> tuple[T, datetime | None] | None:
        """What is remembered under a key and right at `now`, for callers in a hurry."""
        kept = self._answers.get(key)
        if kept is not None and kept[1] <= now:
            answer = kept[2]
            review_at = answer[1]
            if review_at is None or now < review_at:
                return answer
        return None

    def last(self, now: datetime, key: tuple[object, ...]) -> T | None:
        """What was remembered last under a key by `now`, right or not: for callers who know what time did to
        it since. What was worked out for a later instant says nothing: time may be looked back on.
        """
        kept = self._answers.get(key)
        return kept[2][0] if kept is not None and kept[1] <= now else None

    def keep(
        self,
        now: datetime,
        key: tuple[object, ...],
        about: tuple[object, ...],
        answer: T,
        review_at: datetime | None,
    ) -> tuple[T, datetime | None]:
        """Remember an answer; `key` has the identities of all that it is `about`, and the question."""
        if len(self._answers) >= self._size:
            self._answers.clear()
        kept = (answer, review_at)
        self._answers[key] = (about, now, kept)
        return kept
