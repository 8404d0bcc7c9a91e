"""Judging from scratch: all that holds of a ledger at an instant, and when to look again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.safety.checks.judgement import Finding
from services.safety.engine.asking import Examiner
from services.safety.engine.holding import standing, with_answers
from services.safety.engine.state import IssueKey, Judgements
from services.safety.ledger.ledger import PatientLedger


@dataclass(frozen=True, slots=True)
class Assessment:
    """Every finding that holds at `now`, one per issue in order of its key.

    `next_review_at`: the next instant at which time alone may change them.
    """

    findings: tuple[Finding, ...]
    next_review_at: datetime | None


def judged(
    examiner: Examiner, ledger: PatientLedger, now: datetime, alive: Mapping[str, datetime]
) -> Judgements:
    """The answer to every question at an instant."""
    answers = examiner.answers(examiner.everything(ledger), ledger, now, alive)
    return with_answers(Judgements(), answers, set())


def summed_up(held: Judgements) -> Assessment:
    """The findings among kept answers."""
    findings: dict[IssueKey, Finding] = {key: standing(pairs) for key, pairs in held.findings.items()}
    return Assessment(tuple(findings[key] for key in sorted(findings)), held.next_review)


def assess(
    examiner: Examiner, ledger: PatientLedger, now: datetime, alive: Mapping[str, datetime]
) -> Assessment:
    """What holds of a ledger at `now`; nothing is remembered and nothing told."""
    return summed_up(judged(examiner, ledger, now, alive))
