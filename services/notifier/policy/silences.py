"""Silences: for a while, alerts of one check on one ward wait, and are listed with the reason."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from schemas.base import Contract, Instant
from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.words import Id, Moment, Ward

LONGEST = timedelta(hours=12)
SILENCED_TIERS = frozenset((3, 4))
"""Tiers 1 and 2 are never silenced."""
Reason = Annotated[str, StringConstraints(min_length=3, max_length=200, strip_whitespace=True)]


class Silence(Contract):
    """Why alerts of `check` on `ward` do not page from `begins` to just before `ends`, and who says so.

    It names no patient, and it has both a ward and a check: nothing silences a whole house. At most 12 hours.
    """

    id: Id
    ward: Ward
    check: Id
    reason: Reason
    by: Id
    begins: Instant
    ends: Instant

    @model_validator(mode="after")
    def _boxed(self) -> Self:
        if not timedelta(0) < self.ends - self.begins <= LONGEST:
            raise ValueError("a silence ends after it begins and within 12 hours; correct ends")
        return self

    def covers(self, subject: Subject, now: Instant) -> bool:
        """Whether it keeps an alert quiet at `now`. Never one of tiers 1 and 2, and never a technical one."""
        if subject.technical or subject.tier not in SILENCED_TIERS:
            return False
        return self.begins <= now < self.ends and (subject.ward, subject.check) == (self.ward, self.check)


class SilenceRow(Contract):
    """A silence as it is written, by the ward's clock."""

    id: Id
    ward: Ward
    check: Id
    reason: Reason
    by: Id
    begins: Moment
    ends: Moment


class SilencesFile(Contract):
    """silences.yaml, which may be left out."""

    silences: tuple[SilenceRow, ...] = ()


def silenced(subject: Subject, silences: Iterable[Silence], now: Instant) -> Silence | None:
    """The silence that keeps an alert quiet the longest, or None."""
    covering = (silence for silence in silences if silence.covers(subject, now))
    return max(covering, key=lambda silence: (silence.ends, silence.id), default=None)


def held_by(silence: Silence) -> Hold:
    """What an alert waits for that a silence keeps quiet."""
    return Hold(silence.ends, f"silenced by {silence.by}: {silence.reason}", silence.id)
