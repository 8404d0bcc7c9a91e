"""What holds of merged records, whatever was stated in whatever order, on whatever way."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.clinical import FactStatus, Patient, PatientFact
from schemas.issues import DetectedIssue, Transition
from schemas.stream_events import SourceSeen
from services.safety.engine.engine import Engine
from services.safety.engine.state import IssueKey, PatientState
from services.safety.ledger.folding import folded
from services.safety.ledger.forwarding import sent
from services.safety.ledger.ledger import PatientLedger
from services.safety.replaying import Replay, line
from tests.brief_rules import RULED
from tests.builders import at, merge, tick, voided
from tests.engine.histories import stories
from tests.engine.hospital import NEW, OLD, THIRD, Hospital, of
from tests.engine.ward import engine

FORGETTING = engine(knowledge=RULED)
ENGINE = engine(knowledge=RULED, prune=False)
RECORDS = (OLD, NEW, THIRD)


@st.composite
def split(draw: st.DrawFn, records: tuple[str, ...] = (OLD, NEW), *, anew: bool = False) -> list[PatientFact]:
    """A story about two or more records: each entity belongs to one of them. Who it is, the survivor says.

    `anew`: some of it is stated of another record as well, later.
    """
    story = draw(stories(most=14))
    homes: dict[str, str] = {}
    for fact in story:
        home = NEW if isinstance(fact, Patient) else draw(st.sampled_from(records))
        homes.setdefault(fact.entity, home)
    found = [of(homes[fact.entity], fact) for fact in story]
    for fact in draw(st.lists(st.sampled_from(found), max_size=4)) if anew else ():
        later = fact.recorded_at + timedelta(hours=1)
        stamps = {"recorded_at": later, "received_at": fact.received_at + timedelta(hours=1)}
        found.append(of(draw(st.sampled_from(records)), fact, event_id=f"{fact.event_id}/anew", **stamps))
    return found


@st.composite
def merges(draw: st.DrawFn) -> list[PatientFact]:
    """Statements of merges between three records: chains, circles, taken back, one after the other."""
    found: list[PatientFact] = []
    for place in range(draw(st.integers(1, 6))):
        old = draw(st.sampled_from(RECORDS))
        stated: dict[str, Any] = {"entity": f"merge-{draw(st.integers(0, 1))}", "event_id": f"m{place}"}
        if draw(st.integers(0, 3)) == 0:
            stated["status"] = FactStatus.ENTERED_IN_ERROR
        found.append(of(old, merge(draw(st.sampled_from(RECORDS)), at(draw(st.integers(0, 60))), **stated)))
    return found


def shuffled(chance: random.Random, events: Iterable[PatientFact]) -> list[PatientFact]:
    facts = list(events)
    chance.shuffle(facts)
    return facts


def counted(ledger: PatientLedger) -> dict[str, object]:
    """Everything that checks can see of a ledger, and where the record goes on."""
    names = set(ledger._fields) - {
        "facts",
        "merges",
        "newest",
        "voids",
        "joined",
        "origins",
        "moves",
        "homes",
    }
    return {name: getattr(ledger, name) for name in names}


def found(judge: Engine, ledger: PatientLedger, like: PatientState) -> list[tuple[Any, ...]]:
    """What holds of a ledger at the instant of a state, with the signs of life that it knows."""
    findings = judge.assess(ledger, like.now, like.alive).findings
    return [(f.check, f.subject, f.severity, f.level, f.subjects, f.implicated, f.text) for f in findings]


def news(issues: Iterable[DetectedIssue]) -> list[str]:
    """What was told, but for what was told again because the patient is on another ward."""
    return [issue.transition_id for issue in issues if issue.transition is not Transition.REPUBLISHED]


def standing(issues: Iterable[DetectedIssue]) -> list[tuple[object, ...]]:
    return sorted((i.issue_id, i.severity.rank, i.shadow, i.retrospective) for i in issues)


@given(split(), st.randoms(use_true_random=False))
def test_merged_records_are_judged_as_one_patient_of_whom_everything_was_stated(
    story: list[PatientFact], chance: random.Random
) -> None:
    hospital = Hospital(FORGETTING, chance)
    hospital.take(*shuffled(chance, [*story, of(OLD, merge(NEW, at(30)))]))
    hospital.settle()
    one = [
        sent(fact, NEW).model_copy(update={"merged_from": None}) if fact.patient == OLD else fact
        for fact in story
    ]
    state = hospital.states[NEW]
    assert state.judgements is not None
    assert found(FORGETTING, state.ledger, state) == found(FORGETTING, folded(one, RULED), state)
    holding = {
        (FORGETTING.teller.issue_id(NEW, IssueKey(check, subject)), severity)
        for check, subject, severity, *_ in found(FORGETTING, state.ledger, state)
    }
    assert {(issue.issue_id, issue.severity) for issue in state.open_issues()} == holding
    assert hospital.checks(OLD) == ["merged"]


@given(split(anew=True), st.randoms(use_true_random=False))
def test_merged_and_unmerged_is_never_merged(story: list[PatientFact], chance: random.Random) -> None:
    hospital, never = Hospital(ENGINE, chance), Hospital(ENGINE)
    joined = of(OLD, merge(NEW, at(30)))
    hospital.take(*shuffled(chance, [*story, joined, voided(joined, at(31))]))
    hospital.settle()
    never.take(*story)
    for record in never.states:
        ledger = hospital.states[record].ledger
        assert counted(ledger) == counted(never.states[record].ledger)
        assert found(ENGINE, ledger, hospital.states[record]) == found(
            ENGINE, never.states[record].ledger, hospital.states[record]
        )


@given(split(RECORDS, anew=True), merges(), st.randoms(use_true_random=False))
def test_any_order_and_any_way_ends_the_same(
    story: list[PatientFact], joined: list[PatientFact], chance: random.Random
) -> None:
    hospitals = [Hospital(ENGINE, chance) for _ in range(2)]
    for hospital in hospitals:
        hospital.take(*shuffled(chance, [*story, *joined]))
        hospital.settle()
    for record in RECORDS:
        ledgers = [h.states[record].ledger if record in h.states else PatientLedger() for h in hospitals]
        assert counted(ledgers[0]) == counted(ledgers[1])


@given(split(RECORDS), merges(), st.randoms(use_true_random=False))
def test_every_fact_counts_in_one_place(
    story: list[PatientFact], joined: list[PatientFact], chance: random.Random
) -> None:
    hospital = Hospital(ENGINE, chance)
    hospital.take(*shuffled(chance, [*story, *joined]))
    hospital.settle()
    counting: dict[tuple[str, str], int] = {}
    for record, state in hospital.states.items():
        for fact in state.ledger.facts.values():
            if fact.kind != "merge":
                whose = (fact.merged_from or record, fact.entity.rpartition(":")[2])
                counting[whose] = counting.get(whose, 0) + state.ledger.counts(fact)
    assert set(counting.values()) <= {1}


@given(split(RECORDS, anew=True), merges(), st.randoms(use_true_random=False))
def test_the_replay_says_what_the_service_ends_with(
    story: list[PatientFact], joined: list[PatientFact], chance: random.Random
) -> None:
    hospital = Hospital(ENGINE)
    events = sorted([*story, *joined], key=lambda fact: fact.received_at)
    hospital.take(*events)
    replay = Replay(ENGINE)
    assert news(replay.transitions(events)) == news(hospital.told)
    end = max(fact.received_at for fact in events) + timedelta(hours=1)
    at_end = list(replay.open_at_end(events, end))
    assert list(map(line, at_end)) == [line(i) for i in replay.open_at_end(shuffled(chance, events), end)]
    for record, state in hospital.states.items():
        sources = tuple(SourceSeen(source=name, at=end) for name in sorted(state.alive))
        hospital.take(tick(end, sources=sources).model_copy(update={"patient": record}))
        assert standing(hospital.open(record)) == standing(i for i in at_end if i.patient == record)
