"""docs/policies.md: its examples are read as they stand there."""

import re
from pathlib import Path
from typing import Any

import pytest

from schemas.base import Contract
from services.notifier.policy.people import PeopleFile
from services.notifier.policy.rotas_file import RotasFile, SummaryRow
from services.notifier.policy.routes import LowTiers, Route
from services.notifier.policy.silences import SilencesFile
from services.safety.knowledge.documents import read
from services.safety.knowledge.fitting import fitted

PAGE = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


class RoutesShown(Contract):
    """The part of a routes.yaml that the page shows."""

    wards: tuple[str, ...]
    routes: tuple[Route, ...]


class SummariesShown(Contract):
    """What the page adds to a rotas.yaml."""

    summaries: tuple[SummaryRow, ...]


class LowTiersShown(Contract):
    """The line that the page shows beside it."""

    low_tiers: LowTiers


SHAPES: list[type[Contract]] = [
    PeopleFile, RotasFile, SummariesShown, RoutesShown, LowTiersShown, SilencesFile,
]  # fmt: skip


@pytest.mark.parametrize(("example", "shape"), list(zip(EXAMPLES, SHAPES, strict=True)))
def test_an_example_has_the_shape_of_its_file(example: str, shape: type[Any]) -> None:
    value, problems = fitted(read("policies.md", "policies.md", example), shape, {})
    assert problems == ()
    assert value is not None
