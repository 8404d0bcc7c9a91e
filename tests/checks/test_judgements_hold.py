"""What the engine relies on: a judgement stays right until its review, and is asked again when it must be.

Second opinions are asked about a ledger folded anew, so that nothing remembered from the first can answer
for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.clinical import PatientFact
from services.safety.checks import CHECKS
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.judgement import Check, Finding, Judgement, ReadsByDrug, Selective
from services.safety.engine.hearing import Heard
from services.safety.engine.state import Asked
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import Change, PatientLedger
from tests.brief_rules import RULED
from tests.builders import at, dose, encounter, order
from tests.stories import stories

DRUG_BY_DRUG = next(check for check in CHECKS if check.per_ingredient)
BY_DRUG: list[Any] = [check for check in CHECKS if isinstance(check, ReadsByDrug)]
ALIVE: Mapping[str, datetime] = {"ward": at(days=30)}


def essence(findings: Iterable[Finding]) -> set[tuple[Any, ...]]:
    """What may not change without a review."""
    return {
        (
            f.check,
            f.subject,
            f.subjects,
            f.severity,
            f.level,
            f.text,
            f.shadow,
            f.retrospective,
            f.reason,
            f.implicated,
        )
        for f in findings
    }


def essence_but_for_evidence(findings: Iterable[Finding]) -> set[tuple[Any, ...]]:
    """What may not change without a review where other evidence may count."""
    return {
        (f.check, f.subject, f.subjects, f.severity, f.level, f.shadow, f.retrospective, f.reason, f.sources)
        for f in findings
    }


def subjects(check: Check, ledger: PatientLedger) -> list[str]:
    return sorted({*ledger.given, *ledger.prescribed}) if check.per_ingredient else [""]


def fact_by_fact(
    story: Iterable[PatientFact],
) -> Iterator[tuple[PatientFact, PatientLedger, PatientLedger, Change | None]]:
    """Each fact with the ledger before and after it and what it changed; nothing is forgotten."""
    ledger = PatientLedger()
    for fact in story:
        before = ledger
        ledger, change = fold(ledger, fact, RULED, prune=False)
        yield fact, before, ledger, change


def stays_right(check: Check, story: list[PatientFact], now: int, later: int) -> None:
    """Ask at an hour, and again at a part (of 100) of the time until the review."""
    ledger, anew = folded(story, RULED), folded(story, RULED)
    for subject in subjects(check, ledger):
        instant = at(now)
        judgement = judged(check, view_of(ledger, RULED, instant, ALIVE), subject)
        review_at = judgement.review_at
        assert review_at is None or review_at > instant
        span = timedelta(hours=2 * later) if review_at is None else (review_at - instant) * later / 100
        then = instant + span
        if review_at is not None:
            then = min(then, review_at - timedelta.resolution)
        again = judged(check, view_of(anew, RULED, then, ALIVE), subject)
        evident = judgement.evident_until is None or then < judgement.evident_until
        same = essence if evident else essence_but_for_evidence
        assert same(again.findings) == same(judgement.findings)


EIGHT_HOURLY = timedelta(hours=8)
LONG_USE: list[PatientFact] = [
    order("baclofen", "20 mg", at(days=-9), every=EIGHT_HOURLY, entity="order-0"),
    *(dose("baclofen", "20 mg", at(days=-9) + n * EIGHT_HOURLY) for n in range(28)),
]
"""Baclofen three times a day until the morning, under an order that a story may change."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@given(story=stories(days=4, longest=14), now=st.integers(0, 24 * 8), later=st.integers(1, 100))
def test_a_judgement_stays_right_until_its_review_after_long_use(
    check: Check, story: list[PatientFact], now: int, later: int
) -> None:
    stays_right(check, LONG_USE + story, now, later)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@given(story=stories(days=20), now=st.integers(0, 24 * 22), later=st.integers(1, 100))
def test_a_judgement_stays_right_until_its_review(
    check: Check, story: list[PatientFact], now: int, later: int
) -> None:
    stays_right(check, story, now, later)


@given(story=stories(days=20), wait=st.integers(0, 50))
def test_checks_that_declare_none_of_the_changed_inputs_answer_as_before(
    story: list[PatientFact], wait: int
) -> None:
    for place, (fact, before, ledger, change) in enumerate(fact_by_fact(story)):
        if change is None or change.regrouped:  # then the engine asks every check anew
            continue
        now = fact.received_at + timedelta(hours=wait)
        anew = folded(story[: place + 1], RULED)
        for check in CHECKS:
            touched = check.reads(RULED) & change.inputs
            for subject in {*subjects(check, before), *subjects(check, ledger)}:
                local = check.per_ingredient and touched <= {"given", "orders"}
                if touched and (not local or subject in change.ingredients):
                    continue
                told, retold = (
                    judged(check, view_of(each, RULED, now, ALIVE), subject) for each in (before, anew)
                )
                assert essence(told.findings) == essence(retold.findings)
                assert told.review_at == retold.review_at


@given(story=stories(days=20), wait=st.integers(0, 50))
def test_inputs_that_a_check_does_not_read_for_a_drug_change_no_answer_that_tells_nothing(
    story: list[PatientFact], wait: int
) -> None:
    for place, (fact, before, ledger, change) in enumerate(fact_by_fact(story)):
        if change is None or change.regrouped:
            continue
        now = fact.received_at + timedelta(hours=wait)
        anew = folded(story[: place + 1], RULED)
        for check in BY_DRUG:
            for drug in {*subjects(check, before), *subjects(check, ledger)} - change.ingredients:
                if check.reads_for(RULED, drug) & change.inputs - {"given", "orders"}:
                    continue
                heard = Heard(ALIVE)
                heard.asking = Asked(0, drug)
                told = judged(check, view_of(before, RULED, now, heard), drug)
                if told.findings or heard.readers:
                    continue
                retold = judged(check, view_of(anew, RULED, now, ALIVE), drug)
                assert (told.findings, told.review_at) == (retold.findings, retold.review_at)


@given(story=stories(days=6, longest=16), waits=st.lists(st.integers(0, 30), min_size=1, max_size=2))
@settings(max_examples=40)
def test_what_is_kept_from_fact_to_fact_answers_as_a_ledger_folded_anew(
    story: list[PatientFact], waits: list[int]
) -> None:
    """Every check is asked after every fact, so that whatever it keeps is there when the next one comes."""
    ledger = PatientLedger()
    for place, fact in enumerate(story):
        ledger, _ = fold(ledger, fact, RULED, prune=False)
        anew = folded(story[: place + 1], RULED)
        for wait in sorted(waits):
            now = fact.received_at + timedelta(hours=wait)
            for check in CHECKS:
                for subject in subjects(check, ledger):
                    told, retold = (
                        judged(check, view_of(each, RULED, now, ALIVE), subject) for each in (ledger, anew)
                    )
                    assert essence(told.findings) == essence(retold.findings)
                    assert told.review_at == retold.review_at


def told_twice(judgements: Iterable[Judgement]) -> set[tuple[str, str]]:
    """What is told twice: in one judgement, or in other words for one drug than for another.

    What keeps several drugs from being judged is told for each of them and is one issue that names them all.
    """
    known: dict[tuple[str, str], Finding] = {}
    twice: set[tuple[str, str]] = set()
    for judgement in judgements:
        here = {(finding.check, finding.subject): finding for finding in judgement.findings}
        if len(here) < len(judgement.findings):
            twice |= here.keys()
        twice |= {
            key
            for key in here.keys() & known.keys()
            if here[key].reason is None or here[key].text != known[key].text
        }
        known |= here
    return twice


@given(story=stories(days=20), hours=st.integers(0, 200))
def test_findings_of_one_judgement_tell_different_things(story: list[PatientFact], hours: int) -> None:
    ledger = folded(story, RULED)
    view = view_of(ledger, RULED, at(hours), ALIVE)
    assert (
        told_twice(judged(check, view, drug) for check in CHECKS for drug in subjects(check, ledger)) == set()
    )


def test_without_results_two_drugs_that_want_some_say_it_in_the_same_words() -> None:
    story: list[PatientFact] = [
        encounter(at(-24)),
        order("baclofen", "10 mg"),
        order("acetaminophen", "500 mg"),
    ]
    ledger = folded(story, RULED)
    view = view_of(ledger, RULED, at(24 * 5), ALIVE)
    monitored = next(check for check in CHECKS if check.id == "monitoring")
    judgements = [judged(monitored, view, drug) for drug in ("acetaminophen", "baclofen")]
    assert [f.subject for each in judgements for f in each.findings] == 2 * ["feed-silent|results"]
    assert told_twice(judgements) == set()


@given(story=stories(days=20), hours=st.integers(0, 200))
def test_a_check_that_a_drug_does_not_concern_answers_the_same_without_it(
    story: list[PatientFact], hours: int
) -> None:
    ledger = folded(story, RULED)
    for check in CHECKS:
        if not isinstance(check, Selective):
            continue
        for drug in subjects(DRUG_BY_DRUG, ledger):
            if check.concerns(RULED, drug):
                continue
            if check.per_ingredient:
                assert not judged(check, view_of(ledger, RULED, at(hours), ALIVE), drug).findings
                continue
            without = ledger._replace(
                given=ledger.given.delete(drug) if drug in ledger.given else ledger.given,
                prescribed=ledger.prescribed.delete(drug) if drug in ledger.prescribed else ledger.prescribed,
            )
            told, retold = (
                judged(check, view_of(each, RULED, at(hours), ALIVE), "") for each in (ledger, without)
            )
            assert essence(told.findings) == essence(retold.findings)
