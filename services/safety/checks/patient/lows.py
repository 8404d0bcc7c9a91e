"""The lowest value of something measured since an instant, kept up as results come.

What a later and lower value makes useless is forgotten, so a result costs the same after one earlier one as
after a week of them.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.safety.checks.judgement import View
from services.safety.checks.patient.measured import Reading, reading_of
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.measurements import Measurement
from services.safety.ledger.entries import Observed


@dataclass(frozen=True, slots=True)
class _Lows:
    """Of these observations, in order, each value that no later one is below; so they rise."""

    entries: tuple[Observed, ...]
    rising: tuple[Reading, ...]


_NONE = _Lows((), ())
_remembered: Remembered[_Lows] = Remembered(2_000)


def lowest_since(view: View, name: str, *instants: datetime) -> tuple[Decimal | None, ...]:
    """The lowest usable value from each instant to `view.now`, None where there is none."""
    measurement = view.knowledge.measurements.get(name)
    if measurement is None:
        return (None,) * len(instants)
    first = min(instants)
    lows = []
    for code in measurement.codes:
        timeline = view.ledger.observed.get(code)
        if timeline is not None:
            entries = timeline.overlapping(first - datetime.resolution, view.now)
            lows.append(_lows(view.now, measurement, entries, first).rising)
    return tuple(
        min(
            (rising[place].value for rising in lows if (place := _from(rising, instant)) < len(rising)),
            default=None,
        )
        for instant in instants
    )


def _from(rising: tuple[Reading, ...], instant: datetime) -> int:
    return bisect_left(rising, instant, key=_at)


def _at(reading: Reading) -> datetime:
    return reading.at


def _lows(now: datetime, measurement: Measurement, entries: tuple[Observed, ...], since: datetime) -> _Lows:
    """Remembered under the newest observation; those before it are looked for under the one before."""
    if not entries:
        return _NONE
    known = _known(now, measurement, entries, since)
    if known is not None:
        return known
    before = _known(now, measurement, entries[:-1], since) if len(entries) > 1 else None
    rising: list[Reading] = []
    coming = entries
    if before is not None:
        rising += before.rising[_from(before.rising, entries[0].start) :]
        coming = entries[-1:]
    for entry in coming:
        reading = reading_of(measurement, entry)
        if reading is not None:
            while rising and rising[-1].value >= reading.value:
                del rising[-1]
            rising.append(reading)
    lows = _Lows(entries, tuple(rising))
    last = entries[-1]
    return _remembered.keep(now, (id(last), id(measurement)), (last, measurement), lows, None)[0]


def _known(
    now: datetime, measurement: Measurement, entries: tuple[Observed, ...], since: datetime
) -> _Lows | None:
    """What is remembered of these observations, where those before them are older than is asked for.

    An observation that is missing for another reason was taken back or moved, and all is worked out anew.
    """
    kept = _remembered.known(now, (id(entries[-1]), id(measurement)))
    if kept is None:
        return None
    known = kept[0].entries
    older = len(known) - len(entries)
    if older < 0 or known[older:] != entries or (older and known[older - 1].start >= since):
        return None
    return kept[0]
