"""Which of the pages that are due to one person the limit lets go. What goes by two channels counts once."""

from collections.abc import Sequence

from services.notifier.alerts import instant
from services.notifier.findings.change import milliseconds
from services.notifier.policy.throttling import Throttle, throttled
from services.notifier.together.bundling import Bundle


class Limit:
    """The limit of one person at one moment. `told_ms`: when pages went to them lately, in order."""

    def __init__(self, throttle: Throttle | None, told_ms: Sequence[int], now_ms: int) -> None:
        self._throttle = throttle
        self._told = tuple(map(instant, told_ms)) if throttle is not None else ()
        self._now = instant(now_ms)
        self._known: dict[frozenset[str], int | None] = {}

    def of(self, bundle: Bundle) -> int | None:
        """None where it goes, else from when on it may, in milliseconds.

        What was counted already, and comes by another channel because the first did not do, or again because
        its sender died, always goes.
        """
        if all(each.counted or each.within for each in bundle.waiting):
            return None
        if bundle.pages not in self._known:
            verdict = throttled(self._throttle, self._told, self._now)
            self._told = verdict.told
            wait = verdict.not_before
            self._known[bundle.pages] = None if wait is None else milliseconds(wait)
        return self._known[bundle.pages]

    @property
    def told_ms(self) -> tuple[int, ...]:
        """When pages went lately, those of now included."""
        return tuple(map(milliseconds, self._told))

    @property
    def remembered_s(self) -> int:
        """For how long that matters."""
        return round(self._throttle.within.total_seconds()) + 1 if self._throttle is not None else 1
