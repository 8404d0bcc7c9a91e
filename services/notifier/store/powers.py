"""Who may answer alerts, told to the store: it judges each answer by the policy in force, whoever asks it."""

from collections.abc import Callable, Mapping
from typing import cast

from services.notifier.policy.in_force import PolicyInForce
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import key, tags

_VERSION = ".version"
"""No person's id begins with a dot."""


def listed(policy: PolicyInForce) -> Mapping[str, str]:
    """Of each person what they may do, a bar, and their channels; as functions/powers.lua reads it. Also the
    wards: no person's id has a colon.
    """
    people = policy.people()
    lines = {
        person: f"{','.join(sorted(people.powers(person)))}|{','.join(people.channels(person))}"
        for person in people.by_id
    }
    wards = {f"ward:{ward}": "" for ward in policy.wards()}
    return {_VERSION: policy.version, **wards, **lines}


class Powers:
    """Each shard has the whole list, since an answer is one step within its shard. `listed` says it as it is
    now; an empty one stands for a site without a policy, where anybody may answer.
    """

    def __init__(self, listed: Callable[[], Mapping[str, str]]) -> None:
        self._listed = listed

    async def publish(self, connection: Connection) -> None:
        """Put the list in force."""
        flat: list[str | int] = [part for line in self._listed().items() for part in line]
        await connection.call_each("empower", [([key(tag, "powers")], flat) for tag in tags()])

    async def keep(self, connection: Connection) -> None:
        """Put it in force again wherever another one is, or none."""

        async def attempt() -> list[str | None]:
            pipeline = connection.client.pipeline(transaction=False)
            for tag in tags():
                pipeline.hget(key(tag, "powers"), _VERSION)
            return cast(list[str | None], await pipeline.execute())

        wanted = self._listed().get(_VERSION)
        if any(version != wanted for version in await connection.repeated(attempt)):
            await self.publish(connection)
