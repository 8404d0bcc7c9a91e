"""What a scenario expects: "raised cumulative-dose baclofen moderate", "resolved interaction", "nothing".

House rules: drugs are joined by " + " in any order. Marks in brackets say why an issue does not page, or what
could not be judged: (shadow), (covered), (retrospective), (missing-dose). What ends may leave the rest out.
"""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from schemas.issues import DetectedIssue, NotAssessedReason, Transition

_REASONS = tuple(reason.value for reason in NotAssessedReason)
_MARKS = ("shadow", "covered", "retrospective", *_REASONS)
_ENDS = (Transition.RESOLVED.value, Transition.WITHDRAWN.value)
_TRANSITIONS = ("raised", "worsened", "eased", *_ENDS)
_WRITTEN = re.compile(
    rf"^(?:(?P<transition>{'|'.join(_TRANSITIONS)}) )?(?P<check>[a-z]+(?:-[a-z]+)*)"
    r"(?: (?P<drugs>.+?))??(?: (?P<severity>minor|moderate|major|contraindicated))?"
    r"(?: \((?P<marks>[a-z, -]+)\))?$"
)


@dataclass(frozen=True, slots=True)
class Expected:
    """One issue as written; empty `transition`: it holds. None for what was left out."""

    text: str
    transition: str
    check: str
    drugs: frozenset[str] | None
    severity: str | None
    marks: frozenset[str] | None

    def fits(self, issue: DetectedIssue) -> bool:
        """Whether an issue is the one expected."""
        return (
            self.check == issue.check
            and self.transition in ("", issue.transition.value)
            and self.drugs in (None, frozenset(issue.subjects))
            and self.severity in (None, issue.severity.value)
            and self.marks in (None, marks_of(issue))
        )


def expected(text: str, *, holding: bool) -> Expected:
    """The expectation in a text. Raises ValueError with the cure."""
    found = _WRITTEN.match(" ".join(text.split()))
    if found is None or holding == bool(found["transition"]):
        like = "alcohol baclofen major" if holding else "raised alcohol baclofen major"
        raise ValueError(f"{text!r} is no expectation; write it like {like}, or nothing")
    marks = frozenset(mark.strip() for mark in found["marks"].split(",")) if found["marks"] else None
    for mark in sorted(marks or ()):
        if mark not in _MARKS:
            raise ValueError(f"{mark!r} is no mark; use one of {', '.join(_MARKS)}")
    ends = found["transition"] in _ENDS
    if not ends:
        if found["severity"] is None and found["check"] != "not-assessed":
            raise ValueError(f"{text!r} names no severity; write minor, moderate, major or contraindicated")
        marks = marks or frozenset()
    drugs = frozenset(found["drugs"].split(" + ")) if found["drugs"] else None if ends else frozenset()
    return Expected(text, found["transition"] or "", found["check"], drugs, found["severity"], marks)


def marks_of(issue: DetectedIssue) -> frozenset[str]:
    """Why an issue does not page, and what could not be judged."""
    marks = {issue.reason.value} if issue.reason is not None else set()
    marks |= {"shadow"} if issue.shadow else set()
    marks |= {"covered"} if issue.covered_by is not None else set()
    return frozenset(marks | ({"retrospective"} if issue.retrospective else set()))


def names(issue: DetectedIssue) -> frozenset[str]:
    """What `about` and `silent` may call an issue: its check, and the reason where it could not be judged."""
    return frozenset({issue.check, issue.reason.value} if issue.reason is not None else {issue.check})


def told(issue: DetectedIssue, *, holding: bool = False) -> str:
    """An issue as a scenario would write it."""
    words = [] if holding else [issue.transition.value]
    words += [issue.check, *([" + ".join(issue.subjects)] if issue.subjects else [])]
    if issue.check != "not-assessed":
        words.append(issue.severity.value)
    marks = ", ".join(sorted(marks_of(issue)))
    return " ".join(words) + (f" ({marks})" if marks else "")


def _list(written: object, *, holding: bool) -> object:
    if isinstance(written, tuple) or written == "nothing":
        return written if isinstance(written, tuple) else ()
    texts = [written] if isinstance(written, str) else written
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("write an expectation, a list of them, or nothing")
    return tuple(expected(text, holding=holding) for text in texts)


Transitions = Annotated[tuple[Expected, ...], BeforeValidator(lambda written: _list(written, holding=False))]
Holding = Annotated[tuple[Expected, ...], BeforeValidator(lambda written: _list(written, holding=True))]
