"""The functions of a real store and the pure model do the same, whatever comes in whatever order."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from schemas.alerts import ActionKind
from schemas.base import Severity, TimeDomain
from schemas.issues import DetectedIssue, Transition
from services.notifier.alerts import instant
from services.notifier.findings.change import milliseconds
from services.notifier.model.acting import Decision, Site, acted
from services.notifier.model.episode import Episode
from services.notifier.model.sending import looked
from services.notifier.model.timing import is_due, monitored, monitoring_taken_back, told
from services.notifier.store.alert_store import EVENTS, Measured
from services.notifier.store.lifecycle import IllegalMove
from services.notifier.store.powers import Powers
from services.notifier.timers.escalation import Tell
from tests.notifier.beside_the_store import model_due, model_finding, timed
from tests.notifier.builders import MORNING, finding
from tests.notifier.desk import ALERT, PARTITION
from tests.notifier.drawn_histories import decisions, looks, people, powers, shifts, steps, transitions
from tests.notifier.senders_beside_model import SendersBesideModel
from tests.notifier.store_beside_model import TAG
from tests.notifier.ward_policy import MANAGER, ON_DUTY, PLAN, asking


class StoreEqualsModel(SendersBesideModel):
    """Every command goes to both; after each, everything that can be seen must agree."""

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
        repeated = transition is Transition.REPUBLISHED and variant == "a" and revision == known.revision
        told_as = f"{transition.value}-{episode}-{revision}-{variant}"
        record = finding(
            transition,
            revision,
            episode,
            transition_id=known.transition_id if repeated else told_as,
            at=at,
            page_from=at + timedelta(minutes=settle),
            told_before=0 if begins or before < 0 else max(0, known.due_revision - before),
            **look,
        )
        self.hears(record)

    def hears(self, issue: DetectedIssue) -> None:
        offset = len(self.heard)
        now = max(self.now, milliseconds(issue.at))
        try:
            expected, outcome = self.model.applied(model_finding(issue, self.policy), now)
        except IllegalMove:
            with pytest.raises(IllegalMove):
                self.run(self.desk.hear(issue, offset))
            return
        assert self.run(self.desk.hear(issue, offset)) == outcome
        self.now = now
        self.became(expected)
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

    @rule(wait=st.sampled_from((0, 1, 3, 6, 11, 16, 200)))
    def time_passes(self, wait: int) -> None:
        until = max(MORNING, instant(self.now)) + timedelta(minutes=wait)
        self.now = milliseconds(until)
        self.run(self.desk.pass_time(until))
        self.became(timed(self.model, self.now, self.policy))

    @rule(away=st.sets(st.sampled_from(sorted(ON_DUTY))))
    def the_shift_changes(self, away: set[str]) -> None:
        self.policy.duty = {ref: targets for ref, targets in ON_DUTY.items() if ref not in away}

    @rule(minutes=st.sampled_from((0, 5, 60)))
    def the_ward_sleeps(self, minutes: int) -> None:
        self.policy.quiet_until = max(MORNING, instant(self.now)) + timedelta(minutes=minutes)

    @rule(
        ack_s=st.sampled_from((900, 1_200)),
        once=st.booleans(),
        everybody=st.sampled_from(((), (), (0, 1), (1,), (1, 2))),
    )
    def the_policy_is_edited(self, ack_s: int, once: bool, everybody: tuple[int, ...]) -> None:
        self.policy.the_plan = replace(asking(everybody), ack_s=ack_s, once=once)

    @precondition(lambda self: self.heard)
    @rule(looked=st.integers(0, 3), minutes=st.sampled_from((0, 11, 16)))
    def a_timer_is_carried_out_late_and_twice(self, looked: int, minutes: int) -> None:
        """Somebody looked at the alert; whatever happened since, it is told once or not at all."""
        seen = model_due(self.model, self.now)
        seen = replace(seen, level=seen.level + looked % 2, step=seen.step + looked // 2)
        until = max(MORNING, instant(self.now)) + timedelta(minutes=minutes)
        self.now = milliseconds(until)
        self.run(self.desk.due.find(TimeDomain.SIMULATED, PARTITION, self.now, (TAG,)))
        decision = Tell(seen.plan or PLAN, (MANAGER,), seen.level + 1, (), unanswered=False)
        answers = self.run(self.desk.due.carry_out([(seen, decision), (seen, decision)]))
        newest = self.model.episodes[self.model.episode]
        if not looked and is_due(newest, self.now):
            assert answers == ["done", "done"]
            self.became(told(self.model, decision.plan, (str(MANAGER),), seen.level + 1, self.now))
        else:
            assert answers == ["changed", "changed"]

    @rule(list_=powers)
    def the_site_says_who_may_answer(self, list_: Mapping[str, tuple[str, ...]] | None) -> None:
        channels = {person: ("sms", "pager")[: len(may)] for person, may in (list_ or {}).items()}
        self.site = Site(list_, channels)
        lines = {name: f"{','.join(may)}|{','.join(channels[name])}" for name, may in (list_ or {}).items()}
        self.run(Powers(lambda: lines).publish(self.connection))

    @rule(
        behind=st.sampled_from((0, 0, 0, 1)),
        seen=st.sampled_from((True, True, True, False)),
        older_episode=st.booleans(),
        repeat=st.booleans(),
        actor=people,
        decision=decisions,
    )
    def somebody_decides(
        self,
        behind: int,
        seen: bool,
        older_episode: bool,
        repeat: bool,
        actor: str,
        decision: tuple[ActionKind, Any],
    ) -> None:
        newest = self.model.newest or Episode(revision=1)
        revision = max(1, newest.revision - behind)
        episode = max(1, self.model.episode - int(older_episode))
        self.commands += 1
        command, (action, details) = f"command-{self.commands}", decision
        details = {**details, "transition_id": newest.transition_id if seen else "of another content"}
        answer = self.run(self.desk.act(action, revision, episode, command, actor, **details))
        made = Decision(
            EVENTS[action],
            episode,
            revision,
            actor,
            second=details.get("second") or "",
            reason=details.get("reason", ""),
            scope=details.get("scope", ""),
            lasts=details.get("lasts_s", 0) * 1000,
            to=details.get("to", ""),
            transition_id=details["transition_id"],
        )
        after, expected = acted(self.model, made, self.now, self.site)
        assert answer.result == expected
        self.became(after)
        if repeat and expected != "unknown":
            assert self.run(self.desk.act(action, revision, episode, command, actor, **details)) == answer
            other = self.run(self.desk.act(action, revision, episode, command, "somebody else", **details))
            assert other.result == "key-reused"

    @precondition(lambda self: self.model.newest)
    @rule(person=st.sampled_from(("nurse-7", "doctor-2", "nurse on call")))
    def somebody_looks(self, person: str) -> None:
        self.run(self._look(person))
        self.became(looked(self.model, person))

    async def _look(self, person: str) -> None:
        await self.desk.store.look(await self.desk.alert(), person)

    @rule(repeat=st.booleans(), ago=st.integers(0, 20))
    def what_was_promised_is_seen(self, repeat: bool, ago: int) -> None:
        at = self.now - 60_000 * ago
        after, expected = monitored(self.model, at, self.now)
        self.commands += 1
        for _ in range(1 + int(repeat)):
            episode = max(1, self.model.episode)
            seen = self.heard_of(Measured(ALERT, episode, f"level {self.commands}", at))
            assert (seen == "monitored") == (expected == "monitored")
        if expected == "monitored":
            self.kept_by = f"level {self.commands}", self.model.episode
        self.became(after)

    def heard_of(self, measured: Measured) -> str:
        """What the store made of it."""
        (answer,) = self.run(self.desk.store.hear_of_monitoring([measured]))
        return str(answer)

    @rule(repeat=st.booleans())
    def what_kept_the_promise_is_taken_back(self, repeat: bool) -> None:
        event, episode = self.kept_by
        if episode != self.model.episode:
            return
        for again in range(1 + int(repeat)):
            after, expected = monitoring_taken_back(self.model, self.now)
            back = self.heard_of(Measured(ALERT, episode, event, 0, taken_back=True)) == "taken back"
            assert back == (expected == "taken back")
            assert not (again and back)
            self.became(after)

    @rule(acts=shifts, severity=st.sampled_from((Severity.MAJOR, Severity.MODERATE)))
    def a_shift_passes(self, acts: list[tuple[Any, ...]], severity: Severity) -> None:
        """What goes together in life: single rules, drawn alone, seldom come in this order."""
        for what, *details in acts:
            live = self.model.newest is not None and self.model.newest.live
            if what == "says" or self.model.newest is None:
                transition, settle = details if what == "says" else (Transition.RAISED, 0)
                look = {"severity": severity, "ward": "Neurology 2"}
                self.engine_says(transition, 1, 9 if live else 0, "a", look, 0, settle, -1)
            elif what == "waits":
                self.time_passes(*details)
            elif what == "tells" and "queued" in self.model.deliveries.values():
                self.sender_tells_what_waits(*details)
            elif what == "asks" and "queued" in self.model.deliveries.values():
                self.one_sender_asks()
            elif what == "answers":
                actor, decision = details
                self.somebody_decides(0, True, False, False, actor, decision)


@pytest.mark.redis
def test_the_store_does_what_the_model_does(store_url: str) -> None:
    machine = type("Machine", (StoreEqualsModel,), {"url": store_url})
    # CI repeats one set of histories; NOTIFIER_HISTORIES asks for more, new each time.
    wanted = int(os.environ.get("NOTIFIER_HISTORIES", "0"))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=wanted or 60,
            stateful_step_count=50,
            derandomize=not wanted,
            database=None,
        ),
    )
