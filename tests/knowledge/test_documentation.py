"""docs/knowledge.md: its counts are today's, and its examples load."""

import re
from pathlib import Path

from services.safety.knowledge.census import census
from services.safety.knowledge.loader import layers, load
from services.safety.knowledge.models import LimitKind, Status

PAGE = (Path(__file__).parents[2] / "docs" / "knowledge.md").read_text(encoding="utf-8")


def test_the_count_of_rows_is_the_one_of_the_shipped_files() -> None:
    shipped, _, _ = layers()
    counted = census(one.value for one in shipped.rows())
    lines = re.findall(r"^\| ([a-z -]+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert {kind: tuple(map(int, numbers)) for kind, *numbers in lines} == {
        kind: tuple(by_status[status] for status in Status) for kind, by_status in counted.items()
    }


def test_the_examples_are_a_site_directory_that_loads(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n# file: (\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 4
    for file, text in examples:
        place = tmp_path / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    site = load(tmp_path)
    assert {str(row.value) for row in site.limits("baclofen", LimitKind.DAILY)} == {"60 mg", "2003 ug"}
    assert not site.limits("promethazine", LimitKind.DAILY)[0].shadow
