"""What a row must carry for its status, and dates that make sense."""

from collections.abc import Iterator

from services.safety.knowledge.layers import Layer
from services.safety.knowledge.models import Row, Status
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.problems import Problem

LONGEST_QUOTE = 25


def rows(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Rows whose status claims more than they show, quotes too long to be quotes, dates that never hold."""
    for layer in (shipped, site):
        for placed in layer.rows():
            yield from _standing(placed, from_site=layer is site)
            yield from _quoted(placed)
            yield from _dated(placed)


def _standing(placed: Placed[Row], *, from_site: bool) -> Iterator[Problem]:
    row = placed.value
    if row.status is Status.SITE_APPROVED:
        if not from_site:
            yield placed.problem(
                "only a site makes a row site-approved",
                "write draft or source-checked here, and approve it in the site's approvals.yaml",
                "status",
            )
        elif row.approval is None:
            yield placed.problem(
                "a site-approved row does not say who approved it",
                "add approval: {by: ..., on: ...}",
                "status",
            )
    elif row.approval is not None:
        yield placed.problem(
            f"an approval stands on a row that is {row.status.value}",
            "write status: site-approved",
            "approval",
        )
    if row.status is Status.SOURCE_CHECKED and row.checked_on is None:
        yield placed.problem(
            "a source-checked row does not say when its source was read", "add checked_on", "status"
        )


def _quoted(placed: Placed[Row]) -> Iterator[Problem]:
    row = placed.value
    words = len(row.source.quote.split())
    if row.status is Status.SOURCE_CHECKED and not words:
        yield placed.problem(
            "a source-checked row quotes nothing",
            f"quote the sentence that was read (at most {LONGEST_QUOTE} words), or make it a draft",
            "source",
        )
    if words > LONGEST_QUOTE:
        yield placed.problem(
            f"the quote has {words} words, more than {LONGEST_QUOTE}",
            "shorten it to the words that carry the fact",
            "source",
            "quote",
        )


def _dated(placed: Placed[Row]) -> Iterator[Problem]:
    row = placed.value
    if row.valid_from is not None and row.valid_to is not None and row.valid_to < row.valid_from:
        yield placed.problem("the row ends before it begins and never holds", "correct the dates", "valid_to")
