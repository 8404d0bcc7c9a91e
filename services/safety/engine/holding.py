"""Keeping answers, and which finding stands for an issue where several answers hold it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from immutables import Map, MapMutation

from services.safety.checks.judgement import SILENT, Finding, Judgement, sooner
from services.safety.engine.hearing import Answers
from services.safety.engine.state import Asked, IssueKey, Judgements


def with_answers(held: Judgements, answers: Answers, touched: set[IssueKey]) -> Judgements:
    """The judgements with new answers. Adds to `touched` the issues of which something else may be told.

    A check that says the same as before, if by other evidence, changes nothing about that issue.
    """
    known, by_life, lagging = held.answers, held.by_life, held.lagging
    if lagging:
        lagging = lagging.difference(asked for asked, _ in answers.given)
    if by_life or answers.by_life:
        by_life = by_life.difference(asked for asked, _ in answers.given) | answers.by_life
    different = [
        (asked, before, answer)
        for asked, answer in answers.given
        if answer is not (before := known.get(asked, SILENT))
        and (answer.review_at != before.review_at or answer.findings or before.findings)
    ]
    if not different:
        same = by_life == held.by_life and len(lagging) == len(held.lagging)
        return held if same else held._replace(by_life=by_life, lagging=lagging)
    kept, findings = known.mutate(), held.findings.mutate()
    reviews, due = held.reviews, held.next_review
    moved = [each for each in different if each[1].review_at != each[2].review_at]
    if moved:
        changed = reviews.mutate()
        for asked, _, answer in moved:
            if answer.review_at is not None:
                changed[asked] = answer.review_at
            else:
                del changed[asked]
        reviews = changed.finish()
        due = _earliest(reviews, due, moved)
    for asked, before, answer in different:
        if answer.findings or answer.review_at is not None:
            kept[asked] = answer
        else:
            del kept[asked]
        if answer.findings or before.findings:
            _replace(findings, asked, before.findings, answer.findings, touched)
    return Judgements(kept.finish(), reviews, findings.finish(), by_life, due, lagging, held.going_on)


def _earliest(
    reviews: Map[Asked, datetime],
    due: datetime | None,
    moved: Sequence[tuple[Asked, Judgement, Judgement]],
) -> datetime | None:
    """The earliest review. All are gone through only where the earliest before is one that moved."""
    for _, before, answer in moved:
        if before.review_at == due:
            return min(reviews.values(), default=None)
        due = sooner(due, answer.review_at)
    return due


def _replace(
    findings: MapMutation[IssueKey, tuple[tuple[Asked, Finding], ...]],
    asked: Asked,
    before: Sequence[Finding],
    after: Sequence[Finding],
    touched: set[IssueKey],
) -> None:
    """Put the findings of one answer in the place of those of the one before, where they differ."""
    old, new = set(map(id, before)), set(map(id, after))
    come: dict[IssueKey, list[Finding]] = {}
    for finding in after:
        if id(finding) not in old:
            come.setdefault(IssueKey(finding.check, finding.subject), []).append(finding)
    gone = {IssueKey(f.check, f.subject): f for f in before if id(f) not in new}
    for key in gone.keys() | come.keys():
        pairs = list(findings.get(key, ()))
        mine = come.get(key, ())
        was = gone.get(key)
        if len(pairs) == len(mine) == 1 and was is pairs[0][1]:
            if not _says_the_same(was, mine[0]):
                touched.add(key)
            findings[key] = ((asked, mine[0]),)
            continue
        touched.add(key)
        pairs = [pair for pair in pairs if pair[0] != asked or id(pair[1]) in new]
        pairs += [(asked, finding) for finding in mine]
        if pairs:
            findings[key] = tuple(sorted(pairs, key=_place))
        else:
            del findings[key]


def _says_the_same(one: Finding, other: Finding) -> bool:
    """Whether two findings about an issue can only tell the same and be covered by the same.

    This is all that comparing and covering look at; what else differs is evidence for it.
    """
    return (
        one.severity is other.severity
        and one.level == other.level
        and one.subjects == other.subjects
        and one.shadow is other.shadow
        and one.retrospective is other.retrospective
        and one.sources == other.sources
        and one.of_doses is other.of_doses
    )


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
