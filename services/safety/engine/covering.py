"""One story is told once: which issue already tells what another one would.

For one ingredient a cumulative dose covers a projected one, and both cover a prescribed one; it also covers
an order as needed whose own maximum is reached or passed. An excess over what the kidneys or the liver allow
is the same story by another limit: of the two the graver stands, else what is further above its limit; but
what is ordered never covers what was given. How much at once and how often the kidneys allow is covered by
the day that is too high for them, by the largest dose for anybody and by the drug's own interval. A missed
dose that was doubled is covered by the largest dose for anybody, and by the day that it makes too high. CNS
depression covers interactions between two of its drugs where the row itself speaks of sedating classes. An
interaction covers the same two drugs told as duplicates. What covers is at least as grave, is not in shadow,
and is of the present if the covered one is.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.base import Severity
from services.safety.checks.judgement import Finding
from services.safety.engine.holding import standing
from services.safety.engine.state import IssueKey, Judgements
from services.safety.knowledge.base import KnowledgeBase

_DOSE_STORY = ("cumulative-dose", "projected-dose", "prescribed-dose")
_ORGANS = ("renal-dose", "hepatic-dose")
_CNS = "cns-depression"
_PAIR = "interaction"
_TWICE = "duplicate-therapy"
_AS_NEEDED = "as-needed-maximum"
_SCHEDULE = "renal-schedule"
_DOUBLED = "doubled-dose"
_COVERERS = {
    _TWICE: (_PAIR,),
    _AS_NEEDED: (_DOSE_STORY[0],),
    _SCHEDULE: ("renal-dose", "single-dose", "dose-interval"),
    _DOUBLED: ("single-dose", _DOSE_STORY[0]),
}


@dataclass(frozen=True, slots=True)
class Covering:
    """`sedating_rows`: the interaction rows between two sedating classes; a drug may be all of a class."""

    sedating_rows: frozenset[str]

    @classmethod
    def of(cls, knowledge: KnowledgeBase) -> "Covering":
        """What covers what under a knowledge base."""
        names = [name for name in knowledge.cns_load.classes if name in knowledge.classes]
        counted = [knowledge.classes[name] for name in names]
        sedating = {f"class:{each.id}" for each in counted}
        sedating |= {f"drug:{each.members[0]}" for each in counted if len(each.members) == 1}
        rows = (row.id for row in knowledge.interactions if set(row.between) <= sedating)
        return cls(frozenset(rows))

    def dependents(self, key: IssueKey, held: Judgements) -> Iterable[IssueKey]:
        """The issues whose covering may change with this one."""
        check, subject = key
        for lesser in (_SCHEDULE, _DOUBLED):
            if check in _COVERERS[lesser]:
                yield IssueKey(lesser, subject)
        if check in _DOSE_STORY:
            for lesser in _DOSE_STORY[_DOSE_STORY.index(check) + 1 :]:
                yield IssueKey(lesser, subject)
            for organ in _ORGANS:
                yield IssueKey(organ, subject)
            if check == _DOSE_STORY[0]:
                yield IssueKey(_AS_NEEDED, subject)
        elif check in _ORGANS:
            for story in _DOSE_STORY:
                yield IssueKey(story, subject)
        elif check == _PAIR:
            yield IssueKey(_TWICE, subject)
        elif check == _CNS and self.sedating_rows:
            for other in held.findings:
                if other.check == _PAIR:
                    yield other

    def covered_by(self, finding: Finding, held: Judgements) -> IssueKey | None:
        """The issue that tells the story of a finding, if another one does."""
        check = finding.check
        if check == _PAIR and finding.sources and finding.sources[0].row in self.sedating_rows:
            key = IssueKey(_CNS, "")
            coverer = _held(key, held)
            if coverer is not None and set(finding.subjects) <= set(coverer.subjects):
                return key if _tells(coverer, finding) else None
        elif check in _COVERERS:
            for key in (IssueKey(each, finding.subject) for each in _COVERERS[check]):
                coverer = _held(key, held)
                if coverer is None or not _tells(coverer, finding):
                    continue
                if check not in (_SCHEDULE, _DOUBLED) or not _only_ordered(coverer, finding):
                    return key
        elif check in _DOSE_STORY:
            for greater in _DOSE_STORY[: _DOSE_STORY.index(check)]:
                key = IssueKey(greater, finding.subject)
                coverer = _held(key, held)
                if coverer is not None and _tells(coverer, finding):
                    return key
            return _by_the_other_limit(finding, _ORGANS, held)
        elif check in _ORGANS:
            return _by_the_other_limit(finding, _standing_alone(finding.subject, held), held)
        return None


def _standing_alone(subject: str, held: Judgements) -> Iterable[str]:
    """The checks of the dose story that no other one of it covers: what is covered tells nobody, so it must
    not cover anything itself, or each might cover the next one round a circle.
    """
    greater: list[Finding] = []
    for check in _DOSE_STORY:
        finding = _held(IssueKey(check, subject), held)
        if finding is not None:
            if not any(_tells(each, finding) for each in greater):
                yield check
            greater.append(finding)


def _by_the_other_limit(finding: Finding, others: Iterable[str], held: Judgements) -> IssueKey | None:
    """The excess over another daily limit of the drug that is graver, or as grave and further above.

    What is only asked about, and that a drug is not for such a patient at all, are stories of their own.
    """
    for check in others:
        key = IssueKey(check, finding.subject)
        other = _held(key, held)
        if other is None or not (_excess(finding) and _excess(other)) or not _tells(other, finding):
            continue
        if _only_ordered(other, finding):
            continue
        mine, its = ((each.severity.rank, each.level) for each in (finding, other))
        if its > mine or (its == mine and check in _ORGANS):
            return key
    return None


def _only_ordered(coverer: Finding, finding: Finding) -> bool:
    return finding.of_doses and not coverer.of_doses


def _excess(finding: Finding) -> bool:
    return finding.severity is not Severity.MINOR and finding.level > 1


def _held(key: IssueKey, held: Judgements) -> Finding | None:
    pairs = held.findings.get(key)
    return None if pairs is None else standing(pairs)


def _tells(coverer: Finding, finding: Finding) -> bool:
    return (
        not coverer.shadow
        and coverer.severity.rank >= finding.severity.rank
        and (finding.retrospective or not coverer.retrospective)
    )
