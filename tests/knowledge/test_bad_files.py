"""One named file for each way to be wrong. Each says, in its first lines, what must be told of it."""

import re
from pathlib import Path

import pytest

from services.safety.knowledge.loader import layers, load
from services.safety.knowledge.problems import KnowledgeError, Problem

BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))


def expectation(text: str) -> dict[str, str]:
    """The header of a bad file."""
    return dict(re.findall(r"^# (file|line|says|cure): (.*)$", text, re.MULTILINE))


def laid_over(tmp_path: Path, file: Path) -> tuple[dict[str, str], list[Problem]]:
    """What the file should be told, and what it is told when a site uses it."""
    text = file.read_text(encoding="utf-8")
    expected = expectation(text)
    place = tmp_path / expected["file"]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return expected, layers(tmp_path)[2]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_bad_file_is_told_once_with_line_and_cure(tmp_path: Path, file: Path) -> None:
    expected, problems = laid_over(tmp_path, file)
    assert [str(problem) for problem in problems if expected["says"] not in problem.what] == []
    (problem,) = set(problems)
    assert problem.file == f"{tmp_path.as_posix()}/{expected['file']}"
    assert problem.line == int(expected["line"])
    assert expected["cure"] in problem.cure


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    for name in ("unknown-unit", "pair-with-unknown-drug", "class-with-unknown-drug"):
        laid_over(tmp_path, BAD / f"{name}.yaml")
    with pytest.raises(KnowledgeError) as caught:
        load(tmp_path)
    assert len(caught.value.problems) == 3
    told = str(caught.value)
    assert "3 errors" in told
    assert "drugs/lorazepam.yaml:10: limits.0.value: unknown unit 'milligrammes'; write a UCUM code" in told


def test_a_broken_drug_file_is_not_told_again_by_every_row_that_names_the_drug(tmp_path: Path) -> None:
    (tmp_path / "drugs").mkdir()
    (tmp_path / "drugs" / "newdrug.yaml").write_text("drug: newdrug\n", encoding="utf-8")
    pair = (BAD / "pair-with-unknown-drug.yaml").read_text(encoding="utf-8").replace("lorazepan", "newdrug")
    (tmp_path / "interactions").mkdir()
    (tmp_path / "interactions" / "pair.yaml").write_text(pair, encoding="utf-8")
    assert [problem.what for problem in layers(tmp_path)[2]] == ["source is missing"]


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "drugs").mkdir()
    (tmp_path / "drugs" / "lorazepam.yaml").write_bytes(b"drug: \xff\xfe")
    (problem,) = layers(tmp_path)[2]
    assert "not UTF-8" in problem.what


def test_a_directory_that_is_not_there_is_no_empty_overlay(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="no such directory"):
        load(tmp_path / "nowhere")


def test_a_file_that_would_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "drugs").mkdir()
    for name in ("drugs/baclofen.YAML", "drugs/baclofen.yaml.bak", "notes.md", ".hidden"):
        (tmp_path / name).write_text("drug: baclofen\n", encoding="utf-8")
    told = [Path(problem.file).name for problem in layers(tmp_path)[2]]
    assert told == ["baclofen.YAML", "baclofen.yaml.bak"]
