"""The JSON Schemas for editors accept what the loader accepts, and refuse what has the wrong shape."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from schemas.base import Contract
from services.cli.main import main
from services.safety.knowledge.documents import Document, read
from services.safety.knowledge.editor_schemas import patterns, schema_for, schemas
from services.safety.knowledge.kinds import KINDS
from services.safety.knowledge.loader import SHIPPED, documents
from services.safety.knowledge.parsing import FILES, FOLDERS, shape
from tests.knowledge.test_bad_files import BAD, expectation

SHIPPED_FILES = documents(SHIPPED)
NAMES = [pattern.replace("*", "x") for files in patterns().values() for pattern in files]


class _Editor(yaml.SafeLoader):
    """Reads plain values as editors do, by the core schema of YAML 1.2: a date is text, 0.9 is a number."""


_Editor.yaml_implicit_resolvers = {}
for tag, written in (
    ("bool", r"true|false"),
    ("int", r"[-+]?[0-9]+"),
    ("float", r"[-+]?[0-9]+\.[0-9]+"),
    ("null", r"null|~|"),
):
    _Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{written})$"), None)


def wrong(file: str, data: object) -> list[str]:
    """What an editor would underline in a file of this name."""
    return [error.message for error in validator(shape(file)).iter_errors(data)]


@cache
def validator(model: type[Contract]) -> Draft202012Validator:
    """What checks the files of one shape."""
    file = next(file for file in NAMES if shape(file) is model)
    return Draft202012Validator(schema_for(file))


def test_every_schema_is_one() -> None:
    for made in schemas().values():
        Draft202012Validator.check_schema(made)
        assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_kind_of_file_has_one() -> None:
    described = {pattern for files in patterns().values() for pattern in files}
    assert {*FILES, *(f"{folder}/*.yaml" for folder in FOLDERS)} < described
    assert {f"rules/{kind}.yaml" for kind in KINDS} < described
    assert {f"rules/{kind}/*.yaml" for kind in KINDS} < described


@pytest.mark.parametrize("kind", sorted({document.file.partition("/")[0] for document in SHIPPED_FILES}))
def test_every_shipped_file_is_accepted(kind: str) -> None:
    for document in SHIPPED_FILES:
        if document.file.partition("/")[0] == kind:
            text = (SHIPPED / document.file).read_text(encoding="utf-8")
            assert wrong(document.file, yaml.load(text, _Editor)) == [], document.file


def bad_files() -> list[Any]:
    found = []
    for path in sorted(BAD.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        document = read(expectation(text)["file"], path.name, text)
        if not document.problems and schema_for(document.file) is not None:
            found.append(pytest.param(document, yaml.load(text, _Editor), id=path.stem))
    return found


@pytest.mark.parametrize(("document", "data"), bad_files())
def test_a_bad_file_is_refused_if_and_only_if_its_shape_is_what_is_wrong(
    document: Document, data: object
) -> None:
    assert (wrong(document.file, data) == []) is well_shaped(document)


def well_shaped(document: Document) -> bool:
    """Whether each field is right by itself; that some belong together no schema tells."""
    model = shape(document.file)
    assert model is not None
    try:
        model.model_validate_json(orjson.dumps(document.data))
    except ValidationError as error:
        ours = [each for each in error.errors() if each["type"] != "too_short" or each["input"] == []]
        return all(each["type"] == "value_error" and isinstance(each["input"], dict) for each in ours)
    return True


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        ("80 mg", True),
        ("0.5 ug", True),
        ("1 {tablet}", True),
        ("80mg", False),
        ("80 milligrams", False),
        ("80 MG", False),
        ("80", False),
        (80, False),
    ],
)
def test_an_amount_is_a_number_a_space_and_the_code_of_a_unit(written: object, accepted: bool) -> None:
    dose = {"route": "oral", "value": written}
    source = {"title": "Formulary", "section": "page 3"}
    assert (wrong("drugs/x.yaml", {"drug": "x", "source": source, "ddd": [dose]}) == []) is accepted


@pytest.mark.parametrize(
    ("written", "accepted"), [("30 s", True), ("7 d", True), ("7 mg", False), (7, False)]
)
def test_a_span_has_a_unit_of_time(written: object, accepted: bool) -> None:
    policy = next(document.data for document in SHIPPED_FILES if document.file == "policy.yaml")
    assert isinstance(policy, dict)
    assert (wrong("policy.yaml", policy | {"settle_default": written}) == []) is accepted


def test_a_number_may_stand_in_quotes_and_words_are_none() -> None:
    policy = next(document.data for document in SHIPPED_FILES if document.file == "policy.yaml")
    assert isinstance(policy, dict)
    for factor, accepted in (("1.25", True), (1.25, True), ("a quarter", False)):
        changed = policy | {"dose": policy["dose"] | {"moderate_up_to": factor}}
        assert (wrong("policy.yaml", changed) == []) is accepted


def test_fields_say_what_they_mean() -> None:
    made = schema_for("drugs/baclofen.yaml")
    assert made is not None
    limit = made["$defs"]["Limit"]["properties"]
    assert "in one dose" in limit["value"]["description"]
    assert "80 mg" in limit["value"]["examples"]
    assert "one per kilogram" in limit["per"]["description"]
    assert made["$defs"]["Source"]["properties"]["quote"]["description"].startswith(
        "`quote` is at most 25 words"
    )


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["knowledge", "schema", *arguments])


def test_the_command_prints_the_schema_of_a_file() -> None:
    assert json.loads(run("rules/renal.yaml").stdout) == schema_for("rules/renal.yaml")
    assert json.loads(run("rules/renal/elderly.yaml").stdout)["$defs"].keys() >= {"RenalBand"}


def test_the_command_lists_what_there_is() -> None:
    assert "rules-renal.schema.json" in run().stdout
    assert "drugs/*.yaml" in run().stdout


def test_the_command_writes_all_and_tells_vs_code_where_they_are(tmp_path: Path) -> None:
    place = tmp_path / "schemas"
    settings = json.loads(run("--write", str(place)).stdout)
    assert settings["yaml.schemas"][f"{place.as_posix()}/drugs.schema.json"] == ["drugs/*.yaml"]
    assert {path.name for path in place.iterdir()} == set(schemas())
    for path in settings["yaml.schemas"]:
        Draft202012Validator.check_schema(json.loads(Path(path).read_text(encoding="utf-8")))


def test_a_file_of_no_kind_is_told_with_what_there_is(tmp_path: Path) -> None:
    result = run("rules/horoscope.yaml")
    assert result.exit_code == 1
    assert "rules/renal.yaml" in result.stderr
    assert run("drugs/x.yaml", "--write", str(tmp_path)).exit_code == 2
