"""Opens the knowledge files: the one place in the pure part of the service that reads any."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.safety.knowledge.assembly import assemble
from services.safety.knowledge.base import UTC_ZONE, KnowledgeBase
from services.safety.knowledge.documents import Document, read, unreadable
from services.safety.knowledge.integrity import problems as all_problems
from services.safety.knowledge.layers import Layer, layer
from services.safety.knowledge.models import ANYWHERE, Limit
from services.safety.knowledge.problems import KnowledgeError, Problem

SHIPPED = Path(__file__).parent
DEFAULT_JURISDICTION = "US"
DEFAULT_ZONE = UTC_ZONE.key
_LARGEST_FILE = 1_000_000
_WHOLE = ("alcohol.yaml", "classes.yaml", "cns.yaml", "drugs", "naming.yaml", "policy.yaml")
"""A directory that has all of these stands by itself; a site's has some of them at most."""


def load(
    overlay: Path | None = None,
    *,
    jurisdiction: str = DEFAULT_JURISDICTION,
    on: date | None = None,
    zone: str = DEFAULT_ZONE,
    shipped: Path = SHIPPED,
) -> KnowledgeBase:
    """The shipped knowledge, or another whole base, with a site's directory laid over it.

    Only rows of `any` or this jurisdiction enter. `on` is the day whose rows are in force; it may be left out
    while no row has dates. `zone` is the facility's, by its IANA name. Raises `KnowledgeError` with all
    that is wrong, not only the first thing.
    """
    ours, site, found = layers(overlay, shipped=shipped)
    found += _not_in_force(ours, site, jurisdiction, on)
    known = _zone(zone)
    if known is None:
        cure = "write an IANA name such as Europe/Berlin or UTC"
        found.append(Problem("zone", 1, f"no time zone is called {zone!r}", cure))
    if found or known is None:
        raise KnowledgeError(found)
    return assemble(ours, site, jurisdiction, on, known)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def stands_alone(directory: Path) -> bool:
    """Whether a directory is a whole base, such as the shipped one of another release, and no overlay."""
    return all((directory / name).exists() for name in _WHOLE)


def load_either(
    directory: Path, *, jurisdiction: str, on: date | None, zone: str = DEFAULT_ZONE
) -> KnowledgeBase:
    """The base that a directory makes: by itself if it stands alone, else laid over the shipped one."""
    if stands_alone(directory):
        return load(jurisdiction=jurisdiction, on=on, zone=zone, shipped=directory)
    return load(directory, jurisdiction=jurisdiction, on=on, zone=zone)


def layers(overlay: Path | None = None, *, shipped: Path = SHIPPED) -> tuple[Layer, Layer, list[Problem]]:
    """The shipped files, a site's files, and all that is wrong with either or with both together."""
    ours, found = layer(documents(shipped))
    theirs = Layer()
    if overlay is not None:
        if not overlay.is_dir():
            problem = Problem(
                str(overlay), 1, "there is no such directory", "name the directory of the site's files"
            )
            return ours, theirs, [*found, problem]
        theirs, more = layer(documents(overlay, shown=overlay.as_posix()))
        found += [*more, *_passed_over(overlay)]
    return ours, theirs, found + list(all_problems(ours, theirs))


def documents(directory: Path, *, shown: str = "") -> list[Document]:
    """Every YAML file below a directory, in name order; `shown` is put before their names in problems."""
    return [_document(directory, path, shown) for path in sorted(directory.rglob("*.y*ml"))]


def _passed_over(directory: Path) -> Iterator[Problem]:
    """Files of a site that would not be read. Notes (.md) and hidden files are left alone."""
    for path in sorted(directory.rglob("*")):
        parts = path.relative_to(directory).parts
        if path.is_dir() or path.suffix in (".yaml", ".yml", ".md") or any(part[0] == "." for part in parts):
            continue
        yield Problem(
            path.as_posix(), 1, "the file is not read: its name does not end in .yaml", "rename or remove it"
        )


def _document(directory: Path, path: Path, shown: str) -> Document:
    file = path.relative_to(directory).as_posix()
    name = f"{shown}/{file}" if shown else file
    if path.stat().st_size > _LARGEST_FILE:
        return unreadable(file, name, Problem(name, 1, "the file is larger than 1 MB", "split it"))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        return unreadable(
            file, name, Problem(name, 1, f"the file is not UTF-8: {error.reason}", "save it as UTF-8")
        )
    return read(file, name, text)


def _not_in_force(shipped: Layer, site: Layer, jurisdiction: str, on: date | None) -> Iterator[Problem]:
    """A jurisdiction for which no dose limit is written, and dated rows without a day to judge them by."""
    rows = [*shipped.rows(), *site.rows()]
    limited = (one.value.jurisdiction for one in rows if isinstance(one.value, Limit))
    written = sorted({*limited} - {ANYWHERE})
    if not re.fullmatch(r"[A-Z]{2}", jurisdiction) or jurisdiction not in written:
        what = f"no dose limit is written for the jurisdiction {jurisdiction!r}"
        yield Problem(
            "jurisdiction", 1, what, f"use one of {', '.join(written)}, or add rows in the site's directory"
        )
    for one in rows:
        if on is None and (one.value.valid_from is not None or one.value.valid_to is not None):
            what = f"the row {one.value.id} has dates, and no day was given to judge them by"
            yield one.problem(what, "load the knowledge for a day, or supersede the row instead of dating it")
