"""The policy that is in force: it may be replaced by a new one while alerts are open.

An open alert keeps its plan; the people behind its references are looked up in what is in force by then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.duties import changes
from services.notifier.policy.files import Loaded, load_with_places, state_of
from services.notifier.policy.foreseeing import untold_ahead
from services.notifier.policy.people import People
from services.notifier.policy.plan import DESK, Plan, Target
from services.notifier.policy.routes import LowTiers
from services.notifier.policy.silences import Silence
from services.notifier.policy.summaries import Summary, summaries_of
from services.safety.knowledge.problems import Problem


class PolicyInForce:
    """The policy of a directory, as it was when it was last without faults. Implements `Policy`, and knows
    addresses. `channels`: those that are set up. Raises `BadPolicy` where the first one has faults.
    """

    def __init__(self, directory: Path, channels: frozenset[str]) -> None:
        self._directory = directory
        self._channels = channels
        self._loaded = load_with_places(directory, channels)

    @property
    def version(self) -> str:
        """The version in force."""
        return self._loaded.policy.version

    def plan(self, subject: Subject, now: datetime) -> Plan:
        return self._loaded.policy.plan(subject, now)

    def resolve(self, refs: Sequence[str], now: datetime) -> tuple[Target, ...]:
        return self._loaded.policy.resolve(refs, now)

    def hold(self, subject: Subject, now: datetime) -> Hold | None:
        return self._loaded.policy.hold(subject, now)

    @property
    def low_tiers(self) -> LowTiers | None:
        return self._loaded.policy.low_tiers

    def channels(self, person: str) -> tuple[str, ...]:
        """The channels of a person in the order they prefer."""
        return self._loaded.policy.people.channels(person)

    def people(self) -> People:
        """Those of the policy in force."""
        return self._loaded.policy.people

    def silences(self) -> tuple[Silence, ...]:
        """Those of the files."""
        return self._loaded.policy.silences

    def wards(self) -> tuple[str, ...]:
        """The wards that the policy lists."""
        return self._loaded.policy.routes.wards

    def address(self, person: str, channel: str) -> str | None:
        """As `People.address`. The desk, told before there was a policy, has the channels' own addresses."""
        return "" if person == DESK else self._loaded.policy.people.address(person, channel)

    def untold_ahead(self, now: datetime, days: int) -> list[Problem]:
        """Steps that will find nobody on duty within so many days."""
        return untold_ahead(self._loaded.written, self._loaded.policy, now, days)

    def changes(self, loaded: Loaded, now: datetime) -> Mapping[str, str]:
        """Whose duties another policy would change in the days to come, in words for each person."""
        return changes(self._loaded.policy, loaded.policy, now)

    def summaries(self, now: datetime) -> list[Summary]:
        """Those of the last hour."""
        return summaries_of(self._loaded.policy, now)

    def state(self) -> str:
        """What the files are now; another text than before means that they were changed. Reads them."""
        return state_of(self._directory)

    def read(self) -> Loaded:
        """What the files say now. Raises `BadPolicy`; what is in force stays."""
        return load_with_places(self._directory, self._channels)

    def replace(self, loaded: Loaded) -> None:
        """Put another policy in force, for new pages and for all that is looked up from now on."""
        self._loaded = loaded
