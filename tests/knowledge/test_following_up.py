"""What counts as monitoring by the base as shipped, where somebody overrides with a promise to monitor."""

import pytest

from services.safety.checks.watching.following_up import codes_that_count, monitored_by
from services.safety.knowledge.base import KnowledgeBase

BREATHS, SEDATION = "loinc|9279-1", "loinc|54632-5"
KIDNEYS = {"creatinine", "creatinine-clearance", "egfr"}


@pytest.mark.parametrize(
    ("check", "drugs", "expected"),
    [
        ("renal-dose", ("baclofen",), {*KIDNEYS, BREATHS, SEDATION}),
        ("renal-schedule", ("enoxaparin",), {*KIDNEYS, "platelets"}),
        ("cns-depression", ("baclofen", "morphine"), {BREATHS, SEDATION}),
        ("cumulative-dose", ("morphine",), {BREATHS, SEDATION}),
        ("interaction", ("warfarin", "acetaminophen"), {"inr"}),
    ],
)
def test_what_counts(base: KnowledgeBase, check: str, drugs: tuple[str, ...], expected: set[str]) -> None:
    assert expected <= set(monitored_by(base, check, drugs))


@pytest.mark.parametrize(
    ("check", "drugs"),
    [("allergy", ("morphine",)), ("withdrawal", ("baclofen",)), ("not-assessed", ("warfarin",))],
)
def test_where_watching_makes_no_sense_nothing_counts(
    base: KnowledgeBase, check: str, drugs: tuple[str, ...]
) -> None:
    assert monitored_by(base, check, drugs) == ()


def test_an_overdose_of_a_drug_that_neither_sedates_nor_asks_for_a_result_has_nothing(
    base: KnowledgeBase,
) -> None:
    assert monitored_by(base, "single-dose", ("famotidine",)) == ()


def test_the_body_is_not_watched(base: KnowledgeBase) -> None:
    body = {code for name in ("body-weight", "body-height") for code in base.measurements[name].codes}
    assert codes_that_count(base).isdisjoint(body)
    assert {BREATHS, SEDATION, *base.measurements["inr"].codes} <= codes_that_count(base)
