"""Asking one check about one patient at one instant."""

from collections.abc import Mapping
from datetime import datetime

from schemas.clinical import PatientFact
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.judgement import Check, Finding, Judgement
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE


class Ward:
    """One check, asked about a patient's facts. The ward is a living source unless `alive` says else."""

    def __init__(self, check: Check, knowledge: KnowledgeBase = KNOWLEDGE) -> None:
        self.check = check
        self.knowledge = knowledge

    def judge(
        self,
        facts: list[PatientFact],
        now: datetime,
        drug: str = "baclofen",
        alive: Mapping[str, datetime] | None = None,
    ) -> Judgement:
        """The judgement of the facts at an instant."""
        ledger = folded(facts, self.knowledge)
        seen = {"ward": now} if alive is None else alive
        subject = drug if self.check.per_ingredient else ""
        return judged(self.check, view_of(ledger, self.knowledge, now, seen), subject)

    def finding(
        self,
        facts: list[PatientFact],
        now: datetime,
        drug: str = "baclofen",
        alive: Mapping[str, datetime] | None = None,
    ) -> Finding | None:
        """The only finding, or None where there is none."""
        findings = self.judge(facts, now, drug, alive).findings
        assert len(findings) <= 1
        return findings[0] if findings else None

    def severity(self, facts: list[PatientFact], now: datetime, drug: str = "baclofen") -> str | None:
        """How bad the only finding is."""
        finding = self.finding(facts, now, drug)
        return finding.severity.value if finding is not None else None
