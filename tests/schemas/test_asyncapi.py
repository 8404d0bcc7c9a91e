"""The AsyncAPI document is that of the code, whole, and leads to schemas that say what the door reads."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from schemas import json_schemas
from schemas.asyncapi import FILE, document, rendered
from schemas.clinical import CLINICAL_EVENT
from schemas.topics import ALL_TOPICS, SOURCE_KINDS
from tests.schemas.compatibility import EXAMPLES, Example

BESIDE = json_schemas.DIRECTORY.parent
INTERNAL = {"dosewarden-safety-ledger-changelog", "alert-state", "page-journal"}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, within in value.items():
            if name == "$ref":
                yield within
            else:
                yield from references(within)
    elif isinstance(value, list):
        for within in value:
            yield from references(within)


def resolved(reference: str) -> Any:
    """What a reference leads to; fails where it leads nowhere."""
    file, _, path = reference.partition("#")
    found = json.loads((BESIDE / file).read_text()) if file else document()
    for step in filter(None, path.split("/")):
        found = found[step]
    return found


def test_the_document_is_not_stale() -> None:
    assert (BESIDE / FILE).read_text(encoding="utf-8") == rendered(), (
        "run `python -m schemas.json_schemas` and commit what it writes"
    )
    assert yaml.safe_load(rendered()) == document()


def test_every_reference_leads_somewhere() -> None:
    found = list(references(document()))
    assert len(found) > 30
    for reference in found:
        assert isinstance(resolved(reference), dict), reference


def test_it_has_what_asyncapi_3_requires() -> None:
    found = document()
    assert found["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(found["info"])
    for name, operation in found["operations"].items():
        assert operation["action"] in ("send", "receive"), name
        assert resolved(operation["channel"]["$ref"])["address"] in name
    for channel in found["channels"].values():
        assert channel["address"]
        assert channel["messages"]
    for message in found["components"]["messages"].values():
        assert {"schemaFormat", "schema"} == set(message["payload"])


def test_every_topic_is_in_it_but_those_that_are_our_own_affair() -> None:
    assert set(document()["channels"]) == {topic.name for topic in ALL_TOPICS} - INTERNAL


def test_each_topic_that_sources_write_has_the_kinds_that_the_door_admits() -> None:
    for topic, kinds in SOURCE_KINDS.items():
        assert set(document()["channels"][topic.name]["messages"]) == kinds
    stated = {kind for kinds in SOURCE_KINDS.values() for kind in kinds}
    known = set(CLINICAL_EVENT.json_schema()["discriminator"]["mapping"])
    assert known - stated == {
        "tick",
        "knowledge-activated",
        "history-ended",
        "entity-claim",
        "recharted",
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_payload_schema_of_a_kind_takes_its_examples(example: Example) -> None:
    reference = document()["components"]["messages"][example.kind]["payload"]["schema"]["$ref"]
    file, _, path = reference.partition("#")
    schema = json.loads((BESIDE / file).read_text())
    jsonschema.Draft202012Validator({"$ref": f"#{path}", "$defs": schema["$defs"]}).validate(example.stated)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator({"$ref": f"#{path}", "$defs": schema["$defs"]}).validate(
            example.stated | {"source": 5}
        )
