"""JSON Schemas of the knowledge files, made from the loader's shapes, for editors that check as one types.

They know what a file looks like. What only all files together can show (a drug that no file names, an id
taken twice, a limit far from the defined daily dose) is told by `dosewarden knowledge check`.
"""

import inspect
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from schemas.base import Contract
from services.safety.knowledge.kinds import FILES as RULES
from services.safety.knowledge.parsing import FILES, FOLDERS, shape

_SENTENCE = re.compile(r"(?<=[.;])\s+")


def _shapes() -> Mapping[str, tuple[type[Contract], tuple[str, ...]]]:
    """The shape of each kind of file and the patterns of its names, by the name of its schema."""
    alone = {file.removesuffix(".yaml"): (model, (file,)) for file, model in FILES.items()}
    folders = {folder: (model, (f"{folder}/*.yaml",)) for folder, model in FOLDERS.items()}
    rules = {
        f"rules-{kind}": (model, (f"rules/{kind}.yaml", f"rules/{kind}/*.yaml"))
        for kind, model in RULES.items()
    }
    return {f"{name}.schema.json": held for name, held in sorted({**alone, **folders, **rules}.items())}


def patterns() -> dict[str, tuple[str, ...]]:
    """The file name of each schema, with the patterns of the files that it describes."""
    return {name: files for name, (_, files) in _shapes().items()}


def schemas() -> dict[str, JsonSchemaValue]:
    """Every schema by its file name."""
    return {name: _json_schema(model, files) for name, (model, files) in _shapes().items()}


def schema_for(file: str) -> JsonSchemaValue | None:
    """The schema of a file by its name within a knowledge directory; None where no file is called so."""
    model = shape(file)
    return None if model is None else _json_schema(model, (file,))


def _json_schema(model: type[Contract], files: tuple[str, ...]) -> JsonSchemaValue:
    made = model.model_json_schema(schema_generator=_ForEditors)
    return {"$schema": GenerateJsonSchema.schema_dialect, **made, "title": " or ".join(files)}


class _ForEditors(GenerateJsonSchema):
    """Gives each field what the text of its model says of it, and leaves out titles that repeat the name."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """A number, or in quotes the digits of one."""
        made = super().decimal_schema(schema)
        for way in made.get("anyOf", ()):
            if way.get("type") == "string":
                way["pattern"] = r"^-?[0-9]+(\.[0-9]+)?$"
        return made

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A model with its fields described."""
        made = super().model_schema(schema)
        sentences = _sentences(schema["cls"])
        for name, field in made.get("properties", {}).items():
            field.pop("title", None)
            named = re.compile(rf"`{name}[`:]")
            said = " ".join(sentence for sentence in sentences if named.search(sentence))
            if said:
                field["description"] = f"{said} {field.get('description', '')}".strip()
        return made


def _sentences(model: type[Any]) -> list[str]:
    """What the texts of a model and of those that it extends say, its own first."""
    found: dict[str, None] = {}
    for each in model.__mro__:
        if each is not BaseModel and issubclass(each, BaseModel):
            text = " ".join(inspect.cleandoc(each.__doc__ or "").split())
            found.update(dict.fromkeys(_SENTENCE.split(text)))
    return list(found)
