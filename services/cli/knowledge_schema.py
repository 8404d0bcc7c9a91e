"""`dosewarden knowledge schema`: JSON Schemas of the knowledge files, printed or written for an editor."""

import json
from pathlib import Path

import click

from services.safety.knowledge.editor_schemas import patterns, schema_for, schemas


def printed(file: str | None) -> str:
    """The schema of a file by its name, or which schema is for which files. Raises `ClickException`."""
    if file is None:
        return "\n".join(f"{name:36} {', '.join(files)}" for name, files in patterns().items())
    found = schema_for(file)
    if found is None:
        known = ", ".join(pattern for files in patterns().values() for pattern in files)
        raise click.ClickException(f"no file is called {file!r} in a knowledge directory; use one of {known}")
    return json.dumps(found, indent=2, ensure_ascii=False)


def written(directory: Path) -> str:
    """Write every schema to a directory, and give the settings by which VS Code uses them."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, made in schemas().items():
        text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
        (directory / name).write_text(text, encoding="utf-8")
    used = {f"{directory.as_posix()}/{name}": list(files) for name, files in patterns().items()}
    return json.dumps({"yaml.schemas": used}, indent=2)
