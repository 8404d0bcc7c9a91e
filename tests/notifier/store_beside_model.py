"""A real store and the pure model side by side: everything that can be seen of both must agree."""

import asyncio
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from schemas.issues import DetectedIssue
from services.notifier.model.acting import Site
from services.notifier.model.alert import Model
from services.notifier.model.invariants import broken, broken_since
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import key, tag_of
from services.notifier.store.reading import AlertReader
from services.notifier.telling.orders import OrderStream
from tests.notifier.beside_the_store import as_model
from tests.notifier.builders import PATIENT
from tests.notifier.desk import ALERT, Desk
from tests.notifier.ward_policy import WardPolicy, asking

TAG = tag_of(PATIENT)


class StoreBesideModel(RuleBasedStateMachine):
    """Its subclasses say what comes; after each of it, both sides are compared."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model = Model()
        self.policy = WardPolicy()
        self.now = 0
        self.heard: list[tuple[int, DetectedIssue]] = []
        self.commands = 0
        self.kept_by = ("", 0)
        self.site = Site()

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize(everybody=st.sampled_from(((), (0, 1, 2))))
    def begin(self, everybody: tuple[int, ...]) -> None:
        self.policy.the_plan = asking(everybody)

        async def work() -> None:
            self.connection = Connection(self.url, patience_s=10, connections=2)
            await self.connection.client.flushall()
            store = AlertStore(self.connection)
            self.desk = Desk(store, AlertReader(self.connection), await store.begin(), self.policy)
            await OrderStream(self.connection, "night sender").make_groups()

        self.run(work())

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            assert self.run(self.desk.due.look_over()).unwatched == ()
        self.run(self.connection.close())
        self.runner.close()

    def became(self, after: Model) -> None:
        assert broken(after) == []
        assert broken_since(self.model, after) == []
        self.model = after

    @invariant()
    def everything_agrees(self) -> None:
        if hasattr(self, "desk"):
            self.run(self._compare())

    async def _compare(self) -> None:
        client = self.connection.client
        for number, episode in self.model.episodes.items():
            kept = await self.connection.fields(key(TAG, "a", ALERT, str(number)))
            timer = None
            for name in await client.keys(key(TAG, "due", "*")):
                timer = await client.zscore(name, f"{ALERT}|{number}") or timer
            assert as_model(kept, timer) == episode
            lists = [
                name for name in ("live", "done") if await client.zscore(key(TAG, name), f"{ALERT}|{number}")
            ]
            assert lists == (["live"] if episode.live else ["done"])
        names: list[str] = [str(name) for name in await client.keys(key(TAG, "d", "*"))]
        kept_deliveries = {name.split(f"{ALERT}:")[1]: await client.hget(name, "st") for name in names}
        assert kept_deliveries == dict(self.model.deliveries)
        waiting = {order.delivery.removeprefix(f"{ALERT}:") for order in await self.desk.orders()}
        over = ("sent", "delivered", "read", "failed", "dropped")
        assert waiting == {name for name, state in self.model.deliveries.items() if state not in over}
        trail = [
            (line.event, line.state, line.episode, line.revision)
            for line in await self.desk.reader.history(ALERT)
        ]
        assert trail == [(event, to, number, revision) for event, _, to, number, revision in self.model.trail]
        sequences = [line.sequence for line in await self.desk.reader.history(ALERT)]
        assert sequences == list(range(1, len(trail) + 1))
