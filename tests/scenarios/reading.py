"""From a YAML file to a scenario, or everything that is wrong with the file, with file and line."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TypeVar

import orjson
from pydantic import Field, StringConstraints, ValidationError

from schemas.base import Contract
from schemas.issues import NotAssessedReason
from services.safety.checks import CHECKS
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.documents import Document, read
from services.safety.knowledge.documents import Path as Place
from services.safety.knowledge.loader import DEFAULT_JURISDICTION, SHIPPED, load
from services.safety.knowledge.problems import KnowledgeError
from tests.scenarios.lines import LINES, Line, Look, Person

HERE = Path(__file__).parent
EVERYTHING = "everything"
Model = TypeVar("Model", bound=Contract)


Hours = tuple[tuple[int, tuple[str, ...]], ...]
"""By how many times a day, the clock times at which a house gives."""


class _Head(Contract):
    title: Annotated[str, Field(min_length=10)]
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = DEFAULT_JURISDICTION
    approved: tuple[str, ...] = ()
    hours: dict[int, tuple[str, ...]] = Field(default_factory=dict)
    patient: Person = Person()
    about: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line of the story with the line of the file in which it stands."""

    number: int
    line: Line | Look


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story about one patient. `about`: the checks whose every word is expected; `silent` say nothing.

    `approved` are drafts of the shipped knowledge that the hospital of the story stands behind, `hours` those
    at which it gives what is ordered so many times a day.
    """

    file: str
    title: str
    jurisdiction: str
    approved: tuple[str, ...]
    hours: Hours
    patient: Person
    about: frozenset[str]
    silent: frozenset[str]
    story: tuple[Numbered, ...]

    @property
    def knowledge(self) -> KnowledgeBase:
        """The shipped knowledge of its jurisdiction, with the rows approved that it says, and its hours."""
        return knowledge(self.jurisdiction, self.approved, self.hours)


class ScenarioError(ValueError):
    """The file is no scenario; the message has a line for each thing wrong."""


@cache
def knowledge(jurisdiction: str, approved: tuple[str, ...] = (), hours: Hours = ()) -> KnowledgeBase:
    """The shipped knowledge, loaded once for all scenarios alike. Raises `KnowledgeError`."""
    if not approved and not hours:
        return load(jurisdiction=jurisdiction)
    rows = (f"  - {{row: {row}, by: Drug Committee, on: 2026-01-01}}\n" for row in approved)
    with TemporaryDirectory() as site:
        if approved:
            (Path(site) / "approvals.yaml").write_text("approvals:\n" + "".join(rows), encoding="utf-8")
        if hours:
            (Path(site) / "policy.yaml").write_text(_policy(hours), encoding="utf-8")
        return load(Path(site), jurisdiction=jurisdiction)


def _policy(hours: Hours) -> str:
    """The shipped policy with hours of the house."""
    stated = "".join(f"    {number}: {orjson.dumps(clocks).decode()}\n" for number, clocks in hours)
    head = "hours:\n  source: {title: Ward handbook, section: drug rounds}\n  times_a_day:\n"
    return (SHIPPED / "policy.yaml").read_text(encoding="utf-8") + head + stated


def files() -> list[Path]:
    """Every shipped scenario."""
    return sorted(HERE.glob("*.yaml"))


def scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises `ScenarioError`."""
    return parsed(path.name, path.read_text(encoding="utf-8"))


def parsed(file: str, text: str) -> Scenario:
    """The scenario in a text. Raises `ScenarioError`."""
    document = read(file, file, text)
    wrong = [str(problem) for problem in document.problems]
    data = document.data
    if wrong or not isinstance(data, dict):
        raise ScenarioError("\n".join(wrong or [f"{file}:1: a scenario has title, about and story"]))
    head = _checked(_Head, document, {k: v for k, v in data.items() if k != "story"}, (), wrong)
    story = [
        Numbered(document.line(("story", index)), line)
        for index, item in enumerate(_items(document, data.get("story"), wrong))
        if (line := _line(document, item, ("story", index), wrong)) is not None
    ]
    if head is not None:
        wrong += [*_strange(document, head), *_unapproved(document, head)]
    if wrong or head is None:
        raise ScenarioError("\n".join(wrong))
    about = known_checks() if EVERYTHING in head.about else frozenset(head.about)
    silent = frozenset(head.silent)
    return Scenario(
        file,
        head.title,
        head.jurisdiction,
        head.approved,
        tuple(head.hours.items()),
        head.patient,
        about,
        silent,
        tuple(story),
    )


@cache
def known_checks() -> frozenset[str]:
    """The ids under which checks speak, and the reasons for which they may not."""
    ids = {check.id for check in CHECKS} | set(knowledge(DEFAULT_JURISDICTION).policy.settle)
    return frozenset(ids | {"not-assessed"} | {reason.value for reason in NotAssessedReason})


def _items(document: Document, story: object, wrong: list[str]) -> list[object]:
    if isinstance(story, list) and story:
        return story
    wrong.append(f"{document.shown}:{document.line(('story',))}: the story is missing; list what happens")
    return []


def _line(document: Document, item: object, place: Place, wrong: list[str]) -> Line | Look | None:
    words = [word for word in LINES if isinstance(item, dict) and word in item]
    if not words or len({LINES[word] for word in words}) > 1:
        what = f"says {' and '.join(words)}" if words else "does not say what happens"
        wrong.append(
            f"{document.shown}:{document.line(place)}: the line {what}; use one of {', '.join(LINES)}"
        )
        return None
    return _checked(LINES[words[0]], document, item, place, wrong)


def _checked(
    model: type[Model], document: Document, data: object, place: Place, wrong: list[str]
) -> Model | None:
    try:
        return model.model_validate_json(orjson.dumps(data))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            path = (*place, *details["loc"])
            name = ".".join(map(str, details["loc"]))
            message = details["msg"].removeprefix("Value error, ")
            wrong.append(f"{document.shown}:{document.line(path)}: {name}: {message}")
        return None


def _strange(document: Document, head: _Head) -> list[str]:
    """Check ids that nothing here has, so that a slip of the pen is not taken for silence."""
    known = known_checks()
    found = [
        (field, name)
        for field, names in (("about", head.about), ("silent", head.silent))
        for name in names
        if name not in known and not (field == "about" and name == EVERYTHING)
    ]
    wrong = [
        f"{document.shown}:{document.line((field,))}: no check is called {name!r}; "
        f"use {', '.join(sorted(known))}"
        for field, name in found
    ]
    if not head.about and not head.silent:
        wrong.append(f"{document.shown}:1: name the checks in about or silent, or write about: [everything]")
    return wrong


def _unapproved(document: Document, head: _Head) -> list[str]:
    try:
        knowledge(head.jurisdiction, head.approved, tuple(head.hours.items()))
    except KnowledgeError as error:
        what = "; ".join(problem.what for problem in error.problems)
        return [f"{document.shown}:{document.line(('approved',) if head.approved else ('hours',))}: {what}"]
    return []
