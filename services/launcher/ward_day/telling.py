"""How the ward day is told: the shape of `telling.yaml`, read strictly.

An entry of a day does exactly one thing: order, give, skip, stop, measure or void.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from schemas.base import Contract, Instant

_ACTS = ("order", "give", "skip", "stop", "measure", "void")
Hour = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Moment = Annotated[str, StringConstraints(pattern=r"^(\+1 )?([01]\d|2[0-3]):[0-5]\d$")]
"""A time of the ward day, "+1 " for the morning after."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Doses = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Told(Contract):
    """Base of what YAML tells: as closed as every contract, and lenient where YAML has no such type."""

    model_config = ConfigDict(strict=False)


class Product(Told):
    """A drug as the ward names it: by its RxNorm ingredient, per tablet, or not at all."""

    rxnorm: str = ""
    tablet: dict[str, str] = Field(default_factory=dict)


class Course(Told):
    """An order and its doses, all given on time from the first to the last of `days` (0: the ward day)."""

    order: str
    dose: Doses
    times: tuple[Hour, ...]
    days: tuple[int, int]


class Measured(Told):
    """A code of the laboratory."""

    loinc: str
    display: str


class Entry(Told):
    """One thing that somebody did, `charted` some minutes after it happened unless it says when."""

    at: Moment
    charted: Moment | None = None
    id: str | None = None
    order: str | None = None
    give: str | None = None
    skip: str | None = None
    stop: str | None = None
    void: str | None = None
    measure: Measured | None = None
    dose: Doses = ()
    value: str | None = None
    times: tuple[Hour, ...] = ()
    every_hours: Annotated[int, Field(ge=1)] | None = None
    as_needed: bool = False
    unreadable: bool = False

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        if sum(getattr(self, act) is not None for act in _ACTS) != 1:
            raise ValueError(f"an entry needs exactly one of {', '.join(_ACTS)}")
        return self


class Bed(Told):
    """One patient: who it is as far as judgement needs it, what was before, and what happens today.

    `egfr` is what the laboratory tells each morning from the first day on; empty where it tells nothing.
    """

    bed: str
    about: str
    born: date
    sex: str
    egfr: str = ""
    history: tuple[Course, ...] = ()
    day: tuple[Entry, ...] = ()


class Telling(Told):
    """The whole story. `heartbeat_minutes`: how often the ward's system says that it is alive."""

    ward: str
    source: str
    begins: Instant
    ends: Instant
    heartbeat_minutes: Annotated[int, Field(ge=1)]
    drugs: dict[str, Product]
    patients: tuple[Bed, ...]

    def moment(self, text: str) -> datetime:
        """The instant of a time of this day."""
        hour = text.removeprefix("+1 ")
        return self.slot(0 if hour == text else 1, hour)

    def slot(self, day: int, hour: str) -> datetime:
        """The instant of an hour, `day` days after the ward day."""
        return datetime.combine(
            self.begins.date() + timedelta(days=day), time.fromisoformat(hour), self.begins.tzinfo
        )


def read_telling(path: Path) -> Telling:
    """The story in a file. Raises pydantic's `ValidationError` where it is not told as it must be."""
    return Telling.model_validate(yaml.safe_load(path.read_text()))
