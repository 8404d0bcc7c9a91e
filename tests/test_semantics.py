"""docs/semantics.md: every row is proven by tests that exist, or says that it is not yet so."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from schemas.issues import NotAssessedReason

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (?!topic \||---)", line)]
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))


@cache
def defined_in(file: Path) -> frozenset[str]:
    """The names of the tests that a file defines."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = (n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


def missing(name: str) -> str | None:
    """What is wrong with a name of the page, None where it leads to a test or scenario."""
    file, colons, test = name.partition("::")
    path = ROOT / file
    if not path.is_file():
        return f"{file} does not exist"
    if colons:
        return None if test in defined_in(path) else f"{file} has no {test}"
    return None if path.parent.name == "scenarios" and path.suffix == ".yaml" else f"{file} names no test"


@pytest.mark.parametrize("name", NAMED)
def test_a_proof_that_is_named_exists(name: str) -> None:
    assert missing(name) is None


def test_a_name_that_leads_nowhere_is_noticed() -> None:
    here = "tests/test_semantics.py"
    assert missing(f"{here}::test_a_name_that_leads_nowhere_is_noticed") is None
    assert missing(f"{here}::test_that_nobody_wrote") is not None
    assert missing(here) is not None
    assert missing("tests/scenarios/of-nothing.yaml") is not None


@pytest.mark.parametrize("row", ROWS)
def test_every_row_names_a_proof_or_says_that_it_is_not_yet_so(row: str) -> None:
    topic, proof = (cell.strip() for cell in row.strip("|").split(" | ", 1))
    assert topic
    assert "`tests/" in proof or re.match(r"not yet: \w", proof)


def test_the_page_has_its_four_tables_and_every_reason_for_not_judging() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert headings == ["Hard semantics", "Decisions", "Baclofen", "The worked example"]
    said = {
        reason.strip()
        for reasons in re.findall(r"^\| not assessed: ([^|]+) \|", PAGE, re.MULTILINE)
        for reason in reasons.split(",")
    }
    assert said == set(NotAssessedReason)
