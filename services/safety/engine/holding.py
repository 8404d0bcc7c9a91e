"""Keeping answers, and which finding stands for an issue where several answers hold it."""

from collections.abc import Iterable
from dataclasses import replace

from services.safety.checks.judgement import SILENT, Finding, Judgement
from services.safety.engine.state import Asked, IssueKey, Judgements


def key_of(finding: Finding) -> IssueKey:
    """The issue that a finding is about."""
    return IssueKey(finding.check, finding.subject)


def with_answers(
    held: Judgements, answers: Iterable[tuple[Asked, Judgement]], touched: set[IssueKey]
) -> Judgements:
    """The judgements with new answers. Adds to `touched` every issue whose findings may have changed."""
    kept, reviews, findings = held.answers.mutate(), held.reviews.mutate(), held.findings.mutate()
    changed = False
    for asked, answer in answers:
        before = kept.get(asked, SILENT)
        if answer is before:
            continue
        changed = True
        if answer.review_at is not None:
            reviews[asked] = answer.review_at
        elif before.review_at is not None:
            del reviews[asked]
        if answer.findings or answer.review_at is not None:
            kept[asked] = answer
        elif asked in kept:
            del kept[asked]
        keys = {key_of(finding) for finding in (*before.findings, *answer.findings)}
        touched |= keys
        for key in keys:
            others = [pair for pair in findings.get(key, ()) if pair[0] != asked]
            mine = [(asked, finding) for finding in answer.findings if key_of(finding) == key]
            if others or mine:
                findings[key] = tuple(sorted((*others, *mine), key=_place))
            elif key in findings:
                del findings[key]
    return Judgements(kept.finish(), reviews.finish(), findings.finish()) if changed else held


def standing(pairs: tuple[tuple[Asked, Finding], ...]) -> Finding:
    """The finding that speaks for an issue: the gravest, implicating what any of them rests on."""
    if len(pairs) == 1:
        return pairs[0][1]
    findings = [finding for _, finding in pairs]
    worst = max(findings, key=lambda finding: (not finding.shadow, finding.severity.rank, finding.level))
    return replace(
        worst,
        subjects=tuple(dict.fromkeys((*worst.subjects, *(s for f in findings for s in f.subjects)))),
        implicated=tuple(dict.fromkeys((*worst.implicated, *(i for f in findings for i in f.implicated)))),
    )


def _place(pair: tuple[Asked, Finding]) -> Asked:
    return pair[0]
