"""docs/scenarios.md: its example is met, and it names every word that a line may begin with."""

import re
from pathlib import Path

from tests.scenarios.lines import LINES
from tests.scenarios.reading import parsed
from tests.scenarios.running import surprises

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def test_the_example_is_a_scenario_that_is_met() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert surprises(parsed("example.yaml", example)) == []


def test_every_word_that_a_line_may_begin_with_is_explained() -> None:
    named = set(re.findall(r"`([a-z_]+)(?::[^`]*)?`", PAGE))
    assert set(LINES) <= named
