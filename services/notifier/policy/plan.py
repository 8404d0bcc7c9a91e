"""What a policy decides about one alert. The plan is kept with the alert, so that who edits the policy later
strands nobody; who is on duty is looked up when a step fires.
"""

from dataclasses import dataclass

import orjson

DESK = "desk"
"""The person told where the site has named nobody: whoever watches the configured channels."""


@dataclass(frozen=True, slots=True)
class Target:
    """One person by one channel, written "person/channel" in delivery ids and lists of who was told."""

    person: str
    channel: str

    def __str__(self) -> str:
        return f"{self.person}/{self.channel}"

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Raises `ValueError` for anything that is not "person/channel"."""
        person, slash, channel = text.rpartition("/")
        if not slash or not person or not channel:
            raise ValueError(f"{text!r} is not person/channel")
        return cls(person, channel)

    @classmethod
    def of(cls, text: str) -> "Target":
        """As `parse`; what was told before there were persons names a channel alone, that of the desk."""
        return cls.parse(text) if "/" in text else cls(DESK, text)


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told `after_s` seconds after the step before. `to`: references such as "rota:ward-3-nurses".

    `everybody`: each person told so far must acknowledge, or it goes on.
    """

    after_s: int
    to: tuple[str, ...]
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of one route. The last is repeated `rounds` times, then `fallback` is told.

    `ack_s`: an acknowledgement holds so long, then the alert is told again. `expire_s`: an alert of tiers 3
    and 4 that nobody answered is told no more after so long; 0 is never. `once`: it is about something that
    happened and does not last, and is over when its acknowledgement ends.
    """

    route: str
    steps: tuple[Step, ...]
    rounds: int
    fallback: tuple[str, ...]
    ack_s: int
    expire_s: int = 0
    once: bool = False

    def as_json(self) -> str:
        """The plan as it is kept with an alert."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The plan that `as_json` wrote. Raises `ValueError` and `KeyError` for anything else."""
        read = orjson.loads(text)
        return cls(
            route=read["route"],
            steps=tuple(
                Step(step["after_s"], tuple(step["to"]), step.get("everybody", False))
                for step in read["steps"]
            ),
            rounds=read["rounds"],
            fallback=tuple(read["fallback"]),
            ack_s=read["ack_s"],
            expire_s=read.get("expire_s", 0),
            once=read.get("once", False),
        )
