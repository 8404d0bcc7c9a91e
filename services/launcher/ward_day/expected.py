"""What must come of the ward day: the shape of `expectations.yaml`, and what is missing from what came."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator

from services.launcher.alert_words import Step
from services.launcher.ward_day.telling import Moment, Telling, Told


class Due(Told):
    """One step; the day's clock waits at `by` until it was taken."""

    step: Step
    by: Moment | None = None


def _due(value: object) -> object:
    if not isinstance(value, str):
        return value
    step, _, by = value.partition(" by ")
    return {"step": step, "by": by or None}


class Expected(Told):
    """One alert: `drugs` are among its subjects, `quiet` is why it may not page, `becomes` its steps."""

    bed: str
    check: str
    drugs: tuple[str, ...] = ()
    reason: str = ""
    quiet: str = ""
    severity: str
    becomes: tuple[Annotated[Due, BeforeValidator(_due)], ...]

    @property
    def steps(self) -> list[Step]:
        """The steps alone."""
        return [due.step for due in self.becomes]

    @property
    def name(self) -> str:
        """How people may call it."""
        about = self.reason or ", ".join(self.drugs)
        return f"{self.bed} {self.check} ({about})" if about else f"{self.bed} {self.check}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one alert: whose it is, what it is about now, and the steps it took."""

    bed: str
    check: str
    drugs: frozenset[str]
    reason: str
    quiet: str
    severity: str
    steps: tuple[Step, ...]

    def meets(self, expected: Expected) -> bool:
        """Whether it is the alert that is expected (whatever became of it)."""
        same = (self.bed, self.check, self.reason) == (expected.bed, expected.check, expected.reason)
        return same and self.drugs.issuperset(expected.drugs)

    @property
    def name(self) -> str:
        """How people may call it."""
        about = self.reason or ", ".join(sorted(self.drugs))
        return f"{self.bed} {self.check} ({about})"


@dataclass(frozen=True, slots=True)
class Wait:
    """At `at` the day's clock waits until `expected` has taken its first `count` steps."""

    at: datetime
    expected: Expected
    count: int

    def over(self, seen: Iterable[Seen]) -> bool:
        """Whether there is nothing to wait for any more."""
        return any(one.meets(self.expected) and len(one.steps) >= self.count for one in seen)


def read_expectations(path: Path) -> list[Expected]:
    """The expectations in a file. Raises pydantic's `ValidationError`."""
    listed: list[Any] = yaml.safe_load(path.read_text())
    return [Expected.model_validate(each) for each in listed]


def waits(expectations: Sequence[Expected], telling: Telling) -> list[Wait]:
    """Where the day's clock waits, in order."""
    found = [
        Wait(telling.moment(due.by), expected, count)
        for expected in expectations
        for count, due in enumerate(expected.becomes, start=1)
        if due.by is not None
    ]
    return sorted(found, key=lambda wait: wait.at)


def differences(expectations: Sequence[Expected], seen: Sequence[Seen]) -> list[str]:
    """What is missing or was not expected, in words; empty when all is as it must be."""
    found: list[str] = []
    met: dict[str, list[Seen]] = {}
    for expected in expectations:
        alerts = [one for one in seen if one.meets(expected)]
        met[expected.name] = alerts
        if not alerts:
            found.append(f"{expected.name}: never raised")
            continue
        if len(alerts) > 1:
            found.append(f"{expected.name}: {len(alerts)} alerts where one was expected")
        for one in alerts:
            found += _unlike(expected, one)
    known = [one for alerts in met.values() for one in alerts]
    found += [f"{one.name}: not expected ({_listed(one.steps)})" for one in seen if one not in known]
    return found


def _unlike(expected: Expected, seen: Seen) -> list[str]:
    found = []
    if list(seen.steps) != expected.steps:
        found.append(f"{expected.name}: {_listed(expected.steps)} expected, was {_listed(seen.steps)}")
    if seen.severity != expected.severity:
        found.append(f"{expected.name}: severity {expected.severity} expected, is {seen.severity}")
    if seen.quiet != expected.quiet:
        wanted, got = expected.quiet or "that it may page", seen.quiet or "it may page"
        found.append(f"{expected.name}: {wanted} expected, is: {got}")
    return found


def _listed(steps: Sequence[Step]) -> str:
    return ", ".join(step.value for step in steps) or "nothing"


def undelivered(steps: Mapping[str, Sequence[Step]], pages: Mapping[str, int]) -> list[str]:
    """Alerts of which our own record says that more was delivered than the pager verifiably received."""
    told = (Step.DELIVERED, Step.RETRACTED)
    counts = {alert: sum(step in told for step in taken) for alert, taken in steps.items()}
    return [
        f"alert {alert}: {count} deliveries recorded, the pager received {pages.get(alert, 0)}"
        for alert, count in counts.items()
        if count != pages.get(alert, 0)
    ]
