"""A newer reader takes events of older versions for the same facts; a change that breaks that is seen."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter, field_validator

from schemas.asyncapi import CONTRACT_VERSION
from schemas.clinical import CLINICAL_EVENT, Administration, Outcome
from schemas.quantities import Quantity
from schemas.topics import SOURCE_KINDS
from tests.schemas.compatibility import DIRECTORY, EXAMPLES, Example, changes

DOSES = [example for example in EXAMPLES if example.kind == "administration"]
NOT_FOR_SOURCES = {
    "ClockTick", "EntityClaim", "HistoryEnded", "KnowledgeActivated", "Recharted", "SourceSeen",
    "OnWard", "SaidOfLeave", "leave_before", "merged_from", "recharted", "visit_named_at", "wards_before",
}  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_event_of_an_older_version_is_read_to_the_same_facts(example: Example) -> None:
    assert changes(example, CLINICAL_EVENT) == []


def broken(reader: type[BaseModel]) -> list[str]:
    """What the examples tell of a changed Administration."""
    return [change for example in DOSES for change in changes(example, TypeAdapter(reader))]


def test_a_new_field_that_sources_must_state_is_seen() -> None:
    class Changed(Administration):
        pump: str

    assert "refused: missing at ('pump',)" in broken(Changed)


def test_a_renamed_field_is_seen() -> None:
    class Changed(Administration):
        dose: Quantity | None = Field(None, alias="amount")

    assert "refused: extra_forbidden at ('dose',)" in broken(Changed)


def test_a_word_that_is_no_longer_understood_is_seen() -> None:
    class Changed(Administration):
        route: Literal["oral"] = "oral"  # type: ignore[assignment]

    assert "refused: literal_error at ('route',)" in broken(Changed)


def test_an_absence_that_comes_to_mean_something_else_is_seen() -> None:
    class Changed(Administration):
        outcome: Outcome = Outcome.IN_PROGRESS

    assert "outcome was 'given' and is 'in-progress'" in broken(Changed)


def test_an_amount_that_is_read_otherwise_is_seen() -> None:
    class Changed(Administration):
        @field_validator("dose")
        @classmethod
        def _rounded(cls, dose: Quantity | None) -> Quantity | None:
            return dose and dose.model_copy(update={"value": round(dose.value, 0)})

    assert "dose.value was '7.50' and is '8'" in broken(Changed)


def test_a_field_that_may_be_stated_as_well_breaks_nothing() -> None:
    class Changed(Administration):
        pump: str | None = None

    assert broken(Changed) == []


def test_the_version_of_the_contract_has_examples_of_every_kind_in_its_topic() -> None:
    assert (DIRECTORY / CONTRACT_VERSION).is_dir()
    kinds = {topic.name: allowed for topic, allowed in SOURCE_KINDS.items()}
    assert {example.kind for example in EXAMPLES} == {kind for allowed in kinds.values() for kind in allowed}
    assert all(example.kind in kinds[example.topic] for example in EXAMPLES)


def stated(model: Any) -> Iterator[tuple[str, str]]:
    """Every field that an event states, with its model's name."""
    if isinstance(model, BaseModel):
        for name in model.model_fields_set:
            yield type(model).__name__, name
            yield from stated(getattr(model, name))
    elif isinstance(model, tuple):
        for one in model:
            yield from stated(one)


def test_every_field_that_sources_may_state_stands_in_an_example() -> None:
    """Add what is new to a directory of its version."""
    models = CLINICAL_EVENT.json_schema()["$defs"]
    wanted = {
        (model, field)
        for model, schema in models.items()
        for field in schema.get("properties", ())
        if not NOT_FOR_SOURCES & {model, field}
    }
    found = {field for example in EXAMPLES for field in stated(CLINICAL_EVENT.validate_json(example.text))}
    assert wanted - found == set()
