"""Every YAML scenario beside this file, told to the real engine with the shipped knowledge."""

from pathlib import Path

import pytest

from tests.scenarios.reading import files, scenario
from tests.scenarios.running import surprises


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
def test_what_is_told_is_what_the_scenario_says(file: Path) -> None:
    assert "\n".join(surprises(scenario(file))) == ""
