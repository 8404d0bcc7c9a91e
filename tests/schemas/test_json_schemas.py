"""The JSON Schemas that producers in other languages read are those of the models."""

import pytest

from schemas.json_schemas import DIRECTORY, rendered


@pytest.mark.parametrize("name", sorted(rendered()))
def test_a_schema_is_not_stale(name: str) -> None:
    assert (DIRECTORY / name).read_text(encoding="utf-8") == rendered()[name], (
        "run `python -m schemas.json_schemas` and commit what it writes"
    )


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in DIRECTORY.iterdir()} == set(rendered())
