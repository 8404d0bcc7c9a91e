"""When an issue is raised, worsens, eases, ends, and why it ended."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from schemas.base import Mode, Severity
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue, NotAssessedReason, Transition
from services.safety.checks import CHECKS
from services.safety.checks.judgement import Finding, Judgement, View
from services.safety.engine.engine import Engine
from services.safety.knowledge.base import KnowledgeBase
from tests.brief_knowledge import interaction, knowledge
from tests.brief_loads import DUPLICATES
from tests.brief_rules import RULED
from tests.builders import at, corrected, dose, encounter, order, person, stopped, tick, voided
from tests.engine.ward import engine, summary, told

DOSES: list[PatientFact] = [dose("baclofen", "20 mg", at(4 * n)) for n in range(6)]


def last(issues: list[DetectedIssue], check: str) -> DetectedIssue:
    """The newest record of a check."""
    return [issue for issue in issues if issue.check == check][-1]


def test_an_overdose_is_raised_and_worsens_with_each_notable_step() -> None:
    _, issues = told(engine(), DOSES)
    assert summary(issues) == [
        ("cumulative-dose", "raised", "moderate"),
        ("cumulative-dose", "worsened", "major"),
    ]
    assert [(issue.episode, issue.revision) for issue in issues] == [(1, 1), (1, 2)]
    assert issues[1].raised_at == issues[0].at == at(16)


def test_an_issue_that_ends_by_time_is_resolved_at_the_very_instant_however_late_the_tick() -> None:
    state, _ = told(engine(), DOSES)
    _, issues = told(engine(), [tick(at(days=9))], state)
    ended = last(issues, "cumulative-dose")
    assert ended.transition is Transition.RESOLVED
    assert not ended.open
    assert ended.at == at(27)
    assert ended.cause_event == f"review@{at(27).isoformat()}"


def test_an_issue_that_ends_by_a_void_is_withdrawn_and_names_the_event() -> None:
    state, _ = told(engine(), DOSES[:5])
    void = voided(DOSES[0], at(17))
    _, issues = told(engine(), [void], state)
    ended = last(issues, "cumulative-dose")
    assert ended.transition is Transition.WITHDRAWN
    assert (ended.cause_event, ended.cause_entity) == (void.event_id, DOSES[0].entity)


def test_an_issue_that_ends_because_its_order_was_stopped_is_resolved() -> None:
    prescribed = order("baclofen", "30 mg", at(0), times=3)
    state, issues = told(engine(), [prescribed])
    assert last(issues, "prescribed-dose").transition is Transition.RAISED
    _, issues = told(engine(), [stopped(prescribed, at(1))], state)
    assert last(issues, "prescribed-dose").transition is Transition.RESOLVED


def test_what_is_raised_again_opens_a_new_episode() -> None:
    prescribed = order("baclofen", "30 mg", at(0), times=3)
    story = [prescribed, stopped(prescribed, at(1)), order("baclofen", "30 mg", at(2), times=3)]
    _, issues = told(engine(), story)
    assert [
        (issue.transition.value, issue.episode, issue.revision)
        for issue in issues
        if issue.check == "prescribed-dose"
    ] == [("raised", 1, 1), ("resolved", 1, 2), ("raised", 2, 1)]


def test_an_overdose_that_is_given_covers_the_one_that_is_prescribed() -> None:
    state, issues = told(engine(), [order("baclofen", "40 mg", at(0), times=6), *DOSES])
    given, prescribed = last(issues, "cumulative-dose"), last(issues, "prescribed-dose")
    assert prescribed.transition is Transition.EASED
    projected = last(issues, "projected-dose")
    assert prescribed.covered_by == projected.issue_id
    assert projected.covered_by == given.issue_id
    _, issues = told(engine(), [tick(at(60))], state)
    assert last(issues, "prescribed-dose").transition is Transition.WORSENED
    assert last(issues, "prescribed-dose").covered_by is None


def test_sedation_as_a_whole_covers_no_pair_whose_row_speaks_of_one_drug() -> None:
    _, issues = told(engine(), [dose("baclofen", "10 mg", at(0)), dose("amitriptyline", "10 mg", at(1))])
    assert last(issues, "cns-depression").open
    assert last(issues, "interaction").covered_by is None


def test_an_interaction_covers_the_same_two_drugs_told_as_duplicates() -> None:
    pair = interaction("drug:ibuprofen", "drug:diclofenac", Severity.MAJOR)
    judge = engine(knowledge=knowledge(interactions=(pair,), rules=DUPLICATES))
    _, issues = told(judge, [order("ibuprofen"), order("diclofenac", entity="o2")])
    assert last(issues, "duplicate-therapy").covered_by == last(issues, "interaction").issue_id
    without = engine(knowledge=knowledge(interactions=(), rules=DUPLICATES))
    _, issues = told(without, [order("ibuprofen"), order("diclofenac", entity="o2")])
    assert last(issues, "duplicate-therapy").covered_by is None


def test_what_backfill_raised_is_told_again_as_live_if_it_still_holds() -> None:
    history = [fact.model_copy(update={"mode": Mode.BACKFILL}) for fact in DOSES]
    state, issues = told(engine(), history)
    assert {issue.mode for issue in issues} == {Mode.BACKFILL}
    _, live = told(engine(), [person(50, at(21))], state)
    again = last(live, "cumulative-dose")
    assert (again.transition, again.mode) == (Transition.REPUBLISHED, Mode.LIVE)
    assert (again.transition_id, again.revision) == (issues[-1].transition_id, issues[-1].revision)
    assert again.page_from == at(21) + timedelta(seconds=30)
    _, ended = told(engine(), [person(50, at(80))], state)
    assert not [issue for issue in ended if issue.transition is Transition.REPUBLISHED]


def test_an_issue_is_routed_to_the_ward_of_the_stay_at_that_time() -> None:
    stays = [encounter(at(0), ward="A", ends_at=at(10)), encounter(at(10), ward="B", entity="second")]
    _, issues = told(engine(), [*stays, *DOSES])
    assert last(issues, "cumulative-dose").ward == "B"


@dataclass
class Broken:
    """A check that fails the way `how` says."""

    how: str
    id: str = "broken"
    per_ingredient: bool = True
    inputs: frozenset[str] = field(default=frozenset({"given"}))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        return self.inputs

    def judge(self, view: View, subject: str) -> Judgement:
        if self.how == "raises":
            raise ValueError("Mrs Miller, born 1950")
        if self.how == "never rests":
            finding = Finding("broken", subject, (subject,), Severity.MAJOR, "seen all the same")
            return Judgement((finding,), view.now)
        return Judgement((), view.now + timedelta(microseconds=1))


@pytest.mark.parametrize("how", ["raises", "never rests", "rests a microsecond"])
def test_a_check_that_fails_is_shown_as_failed_and_the_others_go_on(how: str) -> None:
    judge: Engine = engine((Broken(how), *CHECKS))
    _, issues = told(judge, [*DOSES, tick(at(21))])
    failed = [issue for issue in issues if issue.reason is NotAssessedReason.CHECK_FAILED]
    assert failed[-1].open
    assert failed[-1].severity is Severity.MINOR
    assert failed[-1].subjects == ("baclofen",)
    assert all("Miller" not in issue.model_dump_json() for issue in failed)
    assert last(issues, "cumulative-dose").severity is Severity.MAJOR


def test_a_corrected_amount_withdraws_what_rested_on_it() -> None:
    state, _ = told(engine(), [dose("baclofen", "60 mg", at(0), entity="slip")])
    slip = dose("baclofen", "60 mg", at(0), entity="slip")
    _, issues = told(engine(), [corrected(slip, at(1), dose=dose("baclofen", "6 mg").dose)], state)
    assert last(issues, "single-dose").transition is Transition.WITHDRAWN


def test_what_keeps_several_drugs_from_being_judged_is_one_issue_that_names_them_all() -> None:
    facts = [
        encounter(at(-24)),
        order("baclofen", "10 mg"),
        order("acetaminophen", "500 mg"),
        tick(at(days=5)),
    ]
    state, _ = told(engine(knowledge=RULED), facts)
    (silent,) = (issue for issue in state.open_issues() if issue.reason is NotAssessedReason.FEED_SILENT)
    assert set(silent.subjects) == {"acetaminophen", "baclofen"}
