"""docker-compose.yml as a machine without Docker can read it."""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


@cache
def document() -> dict[str, Any]:
    """The file, merged."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    found = yaml.safe_load(_VARIABLE.sub(lambda word: os.environ.get(word[1]) or word[2], text))
    assert isinstance(found, dict)
    return found


def services() -> dict[str, dict[str, Any]]:
    """The services by their names."""
    return {str(name): service for name, service in document()["services"].items()}


def ours() -> dict[str, dict[str, Any]]:
    """Those that run our image."""
    return {name: service for name, service in services().items() if service.get("image") == "dosewarden"}


def settings(service: dict[str, Any]) -> dict[str, str]:
    """Its environment."""
    return {name: str(value) for name, value in service.get("environment", {}).items()}


@dataclass(frozen=True)
class Mount:
    """A file of this repository within a container."""

    here: Path
    there: str


def mounts(service: dict[str, Any]) -> list[Mount]:
    """The files that are mounted, volumes with names apart."""
    found = [volume.split(":") for volume in service.get("volumes", ()) if volume.startswith("./")]
    return [Mount(ROOT / here, there) for here, there, _ in found]


def secret_files() -> dict[str, str]:
    """The name of each secret's file within deploy/compose/secrets."""
    return {name: Path(secret["file"]).name for name, secret in document()["secrets"].items()}
