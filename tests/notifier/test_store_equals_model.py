"""The functions of a real store and the pure model do the same, whatever comes in whatever order."""

import asyncio
import os
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from schemas.base import Mode, Severity
from schemas.issues import DetectedIssue, Transition
from services.notifier.alerts import instant
from services.notifier.change import milliseconds
from services.notifier.connection import Connection
from services.notifier.identifiers import alert_id, key, tag_of
from services.notifier.lifecycle import IllegalMove
from services.notifier.model import Episode, Finding, Model
from services.notifier.orders import Order, OrderStream
from services.notifier.paging import paging_of
from services.notifier.policy.plan import Target
from services.notifier.reading import AlertReader
from services.notifier.store import AlertStore
from tests.notifier.builders import ISSUE, MORNING, PATIENT, POLICY, finding
from tests.notifier.desk import Desk

TARGETS = (Target("desk", "terminal"), Target("desk", "webhook"))
ALERT = alert_id(PATIENT, ISSUE)
TAG = tag_of(PATIENT)

steps = st.sampled_from((1, 1, 1, 1, 1, 0, 0, 2, -1))
"""How far a record's revision lies from what is known.

Mostly the next one, now and then a gap or an old one.
"""

transitions = st.sampled_from(
    [Transition.WORSENED] * 3 + [Transition.EASED] * 4 + [Transition.REPUBLISHED] * 2
    + [Transition.RAISED, Transition.MOVED, Transition.RESOLVED, Transition.WITHDRAWN]
)  # fmt: skip
looks = st.fixed_dictionaries(
    {
        "severity": st.sampled_from(
            (Severity.MAJOR, Severity.MAJOR, Severity.CONTRAINDICATED, Severity.MINOR)
        ),
        "covered_by": st.sampled_from((None, None, None, "another-issue")),
        "mode": st.sampled_from((Mode.LIVE, Mode.LIVE, Mode.LIVE, Mode.BACKFILL)),
    }
)
receipts = st.sampled_from(("delivered", "delivered", "sent", "failed", "unknown", "queued"))


def model_finding(issue: DetectedIssue) -> Finding:
    paging = paging_of(issue, POLICY)
    return Finding(
        episode=issue.episode,
        revision=issue.revision,
        transition_id=issue.transition_id,
        transition=issue.transition.value,
        open=issue.open,
        tier=paging.tier,
        quiet=paging.quiet,
        at=milliseconds(issue.at),
        page_from=milliseconds(issue.page_from),
        told_before=issue.told_before,
    )


class StoreEqualsModel(RuleBasedStateMachine):
    """Every command goes to both; after each, everything that can be seen must agree."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model = Model(tuple(map(str, TARGETS)))
        self.now = 0
        self.heard: list[tuple[int, DetectedIssue]] = []
        self.commands = 0

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        async def work() -> None:
            self.connection = Connection(self.url, patience_s=10, connections=2)
            await self.connection.client.flushall()
            store = AlertStore(self.connection, TARGETS)
            self.desk = Desk(store, AlertReader(self.connection), await store.begin())
            await OrderStream(self.connection, "night sender").make_groups()

        self.run(work())

    def teardown(self) -> None:
        self.run(self.connection.close())
        self.runner.close()

    @rule(
        transition=transitions,
        step=steps,
        new_episode=st.integers(0, 9),
        variant=st.sampled_from("aab"),
        look=looks,
        wait=st.sampled_from((0, 1)),
        settle=st.sampled_from((0, 0, 2, 5)),
        before=st.sampled_from((-1, -1, 0, 1)),
    )
    def engine_says(
        self,
        transition: Transition,
        step: int,
        new_episode: int,
        variant: str,
        look: Any,
        wait: int,
        settle: int,
        before: int,
    ) -> None:
        known = self.model.newest or Episode()
        begins = new_episode < (1 if known.live else 5)
        episode = self.model.episode + 1 if begins else max(1, self.model.episode)
        revision = 1 if begins else max(1, known.revision + step)
        at = max(MORNING, instant(self.now)) + timedelta(minutes=wait)
        record = finding(
            transition,
            revision,
            episode,
            transition_id=f"{transition.value}-{episode}-{revision}-{variant}",
            at=at,
            page_from=at + timedelta(minutes=settle),
            told_before=0 if begins or before < 0 else max(0, known.due_revision - before),
            **look,
        )
        self.hears(record)

    def hears(self, issue: DetectedIssue) -> None:
        offset = len(self.heard)
        told = max(self.now, milliseconds(issue.at))
        try:
            expected, outcome = self.model.applied(model_finding(issue), told)
        except IllegalMove:
            with pytest.raises(IllegalMove):
                self.run(self.desk.hear(issue, offset))
            return
        assert self.run(self.desk.hear(issue, offset)) == outcome
        self.now = told
        self.model = expected
        self.heard.append((offset, issue))

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def kafka_repeats_an_old_record(self, data: st.DataObject) -> None:
        offset, issue = data.draw(st.sampled_from(self.heard))
        assert self.run(self.desk.hear(issue, offset)) == "replayed"

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def kafka_repeats_an_old_record_at_a_new_offset(self, data: st.DataObject) -> None:
        self.hears(data.draw(st.sampled_from(self.heard))[1])

    @rule(wait=st.integers(0, 4))
    def time_passes(self, wait: int) -> None:
        until = max(MORNING, instant(self.now)) + timedelta(minutes=wait)
        self.now = milliseconds(until)
        self.run(self.desk.pass_time(until))
        self.model = self.model.due(self.now)

    @rule(behind=st.sampled_from((0, 0, 0, 1)), older_episode=st.booleans(), repeat=st.booleans())
    def nurse_acknowledges(self, behind: int, older_episode: bool, repeat: bool) -> None:
        newest = self.model.newest or Episode(revision=1)
        revision = max(1, newest.revision - behind)
        episode = max(1, self.model.episode - int(older_episode))
        self.commands += 1
        command = f"command-{self.commands}"
        answer = self.run(self.desk.acknowledge(revision, episode, command))
        self.model, expected = self.model.acknowledged(episode, revision, "nurse on call")
        assert answer.result == expected
        if repeat and expected != "unknown":
            assert self.run(self.desk.acknowledge(revision, episode, command)) == answer

    def order_of(self, delivery: str) -> Order:
        waiting: list[Order] = self.run(self.desk.orders())
        for order in waiting:
            if order.delivery == f"{ALERT}:{delivery}":
                return order
        return Order(TAG, "", f"{ALERT}:{delivery}", Target.parse(delivery.rsplit(":", 1)[1]))

    @precondition(lambda self: self.model.deliveries)
    @rule(data=st.data())
    def sender_asks(self, data: st.DataObject) -> None:
        delivery = data.draw(st.sampled_from(sorted(self.model.deliveries)))
        self.model, expected = self.model.leased(delivery)
        lease = self.run(self.desk.lease(self.order_of(delivery)))
        assert (lease is not None) == (expected == "go")

    @precondition(lambda self: "queued" in self.model.deliveries.values())
    @rule(status=receipts)
    def sender_tells_what_waits(self, status: str) -> None:
        for delivery in sorted(name for name, state in self.model.deliveries.items() if state == "queued"):
            order = self.order_of(delivery)
            self.model, answer = self.model.leased(delivery)
            self.run(self.desk.lease(order))
            if answer == "go":
                self.model = self.model.received(delivery, status)
                self.run(self.desk.receipt(order, status))

    @precondition(lambda self: "leased" in self.model.deliveries.values())
    @rule(data=st.data(), status=receipts)
    def channel_answers(self, data: st.DataObject, status: str) -> None:
        held = sorted(
            name for name, state in self.model.deliveries.items() if state in ("leased", "sent", "unknown")
        )
        delivery = data.draw(st.sampled_from(held))
        self.model = self.model.received(delivery, status)
        self.run(self.desk.receipt(self.order_of(delivery), status))

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
            assert not (timer and not episode.live)
        names: list[str] = [str(name) for name in await client.keys(key(TAG, "d", "*"))]
        kept_deliveries = {name.split(f"{ALERT}:")[1]: await client.hget(name, "st") for name in names}
        assert kept_deliveries == dict(self.model.deliveries)
        waiting = {order.delivery.removeprefix(f"{ALERT}:") for order in await self.desk.orders()}
        over = ("sent", "delivered", "failed", "dropped")
        assert waiting == {name for name, state in self.model.deliveries.items() if state not in over}
        trail = [
            (line.event, line.state, line.episode, line.revision)
            for line in await self.desk.reader.history(ALERT)
        ]
        assert trail == [(event, to, number, revision) for event, _, to, number, revision in self.model.trail]
        sequences = [line.sequence for line in await self.desk.reader.history(ALERT)]
        assert sequences == list(range(1, len(trail) + 1))


def as_model(kept: dict[str, str], timer: float | None) -> Episode:
    return Episode(
        state=kept["st"],
        revision=int(kept["rev"]),
        transition_id=kept["tid"],
        tier=int(kept["tier"]),
        quiet=kept["quiet"],
        due_revision=int(kept["due_rev"]),
        paged=int(kept["paged"]),
        step=int(kept["step"]),
        told=tuple(target for target in kept["told"].split(",") if target),
        acked_by=kept["acked_by"],
        acked_revision=int(kept["acked_rev"]),
        timer=None if timer is None else int(timer),
    )


@pytest.mark.redis
def test_the_store_does_what_the_model_does(store_url: str) -> None:
    machine = type("Machine", (StoreEqualsModel,), {"url": store_url})
    # CI repeats one set of histories; NOTIFIER_HISTORIES asks for more, new each time.
    wanted = int(os.environ.get("NOTIFIER_HISTORIES", "0"))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=wanted or 60,
            stateful_step_count=40,
            derandomize=not wanted,
            database=None,
        ),
    )
