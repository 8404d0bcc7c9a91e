"""Keeping answers, and which finding stands for an issue where several answers hold it."""

from collections.abc import Sequence
from dataclasses import replace

from services.safety.checks.judgement import SILENT, Finding
from services.safety.engine.hearing import Answers
from services.safety.engine.state import Asked, IssueKey, Judgements


def with_answers(held: Judgements, answers: Answers, touched: set[IssueKey]) -> Judgements:
    """The judgements with new answers. Adds to `touched` every issue whose findings may have changed.

    A check that gives the very finding again that it gave before changes nothing about that issue.
    """
    known, by_life = held.answers, held.by_life
    if by_life or answers.by_life:
        by_life = by_life.difference(asked for asked, _ in answers.given) | answers.by_life
    different = [
        (asked, before, answer)
        for asked, answer in answers.given
        if answer is not (before := known.get(asked, SILENT))
        and (answer.review_at != before.review_at or answer.findings or before.findings)
    ]
    if not different:
        return held if by_life == held.by_life else replace(held, by_life=by_life)
    kept, reviews, findings = known.mutate(), held.reviews.mutate(), held.findings.mutate()
    for asked, before, answer in different:
        if answer.review_at is not None:
            if answer.review_at != before.review_at:
                reviews[asked] = answer.review_at
        elif before.review_at is not None:
            del reviews[asked]
        if answer.findings or answer.review_at is not None:
            kept[asked] = answer
        else:
            del kept[asked]
        for key, mine in _changed(before.findings, answer.findings).items():
            touched.add(key)
            pairs = [pair for pair in findings.get(key, ()) if pair[0] != asked]
            pairs += [(asked, finding) for finding in mine]
            if pairs:
                findings[key] = tuple(sorted(pairs, key=_place)) if len(pairs) > 1 else tuple(pairs)
            else:
                del findings[key]
    return Judgements(kept.finish(), reviews.finish(), findings.finish(), by_life)


def _changed(before: Sequence[Finding], after: Sequence[Finding]) -> dict[IssueKey, list[Finding]]:
    """The issues about which the findings differ, each with those that hold now."""
    old, new = set(map(id, before)), set(map(id, after))
    changed: dict[IssueKey, list[Finding]] = {}
    for finding in before:
        if id(finding) not in new:
            changed[IssueKey(finding.check, finding.subject)] = []
    for finding in after:
        if id(finding) not in old:
            changed[IssueKey(finding.check, finding.subject)] = []
    if changed:
        for finding in after:
            mine = changed.get(IssueKey(finding.check, finding.subject))
            if mine is not None:
                mine.append(finding)
    return changed


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
