"""Opens the knowledge files: the one place in the pure part of the service that reads any."""

from datetime import date
from pathlib import Path

from services.safety.knowledge.assembly import assemble
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.documents import Document, read
from services.safety.knowledge.layers import Layer, layer
from services.safety.knowledge.problems import KnowledgeError, Problem

SHIPPED = Path(__file__).parent
DEFAULT_JURISDICTION = "US"
_LARGEST_FILE = 1_000_000


def load(
    overlay: Path | None = None, *, jurisdiction: str = DEFAULT_JURISDICTION, on: date | None = None
) -> KnowledgeBase:
    """The shipped knowledge with a site's directory laid over it, as in force on a day.

    Raises `KnowledgeError` with everything that is wrong, not only the first thing.
    """
    shipped, problems = layer(documents(SHIPPED))
    site, more = layer(documents(overlay)) if overlay is not None else (Layer(), [])
    problems += more
    if problems:
        raise KnowledgeError(problems)
    return assemble(shipped, site, jurisdiction, on)


def documents(directory: Path) -> list[Document]:
    """Every YAML file below a directory, in name order."""
    found = []
    for path in sorted(directory.rglob("*.yaml")):
        file = path.relative_to(directory).as_posix()
        if path.stat().st_size > _LARGEST_FILE:
            problem = Problem(file, 1, "the file is larger than 1 MB", "split it")
            found.append(Document(file, None, {}, (problem,)))
            continue
        found.append(read(file, path.read_text(encoding="utf-8")))
    return found
