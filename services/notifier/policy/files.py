"""Reads a policy's directory: people.yaml, rotas.yaml, routes.yaml, silences.yaml, calendars.

Everything that is wrong is told by file, line and cure. A policy is taken whole or not at all.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.notifier.policy.assembling import Written, assembled
from services.notifier.policy.integrity import problems_of
from services.notifier.policy.people import PeopleFile
from services.notifier.policy.rotas_file import RotasFile
from services.notifier.policy.routes import RoutesFile
from services.notifier.policy.silences import SilencesFile
from services.notifier.policy.site import SitePolicy
from services.notifier.tiers import BadTierPolicy, load_tiers
from services.safety.knowledge.documents import Document, read, unreadable
from services.safety.knowledge.fitting import Shape, fitted
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.problems import Problem

PEOPLE, ROTAS, ROUTES = "people.yaml", "rotas.yaml", "routes.yaml"
TIERS, SILENCES = "tiers.yaml", "silences.yaml"
_NAMES = (PEOPLE, ROTAS, ROUTES, TIERS, SILENCES)
_LARGEST_FILE = 1_000_000
_CURES = {
    "unanswered": "say after how long without an answer, for example 5 min",
    "tell": "list whom, for example [role:nurse, person:duty-manager]",
    "fallback": "say who is told when nobody answered, for example [person:duty-manager]",
    "acknowledged_for": "say how long an acknowledgement holds, for example 15 min",
    "unmatched": "say who owns alerts that no route takes",
    "technical": "say who is told when DoseWarden itself is in trouble",
    "wards": "list the wards in quotes, or write all in a route",
    "tiers": "list some of 1, 2 and 3; tier 4 is never paged",
    "steps": "write at least two steps: whom at once, and whom when they do not answer",
    "may": "say which roles may acknowledge, override, be the second person, and answer technical alerts",
    "acknowledge": "list the roles that may acknowledge, for example [nurse, prescriber]",
    "silence": "list the roles that may silence a check on a ward, for example [charge-nurse]",
    "second": "list the roles that may agree to an override, for example [prescriber, pharmacist]",
    "together": "say for how long pages of low tiers wait for each other, at most 30 min, for example 3 min",
    "at_most": "say how many such pages one person gets, from 1 to 100",
    "within": "say in how long, for example 1 h; a day at most",
    "low_tiers": "give together, and at_most and within both or neither",
    "id": "write small letters, digits, dots and dashes only",
}


class BadPolicy(ValueError):
    """The policy cannot be used. `problems` holds everything that is wrong, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        head = "1 error" if count == 1 else f"{count} errors"
        super().__init__("\n".join([f"{head} in the policy:", *map(str, self.problems)]))


@dataclass(frozen=True, slots=True)
class _Texts:
    """What stands in the files of a directory, by name, and which of them could not be read."""

    contents: dict[str, bytes]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy without faults, and the files that say it."""

    policy: SitePolicy
    written: Written


def load_policy(directory: Path, channels: frozenset[str] | None = None) -> SitePolicy:
    """The policy in a directory. `channels`: those that are set up; None where that is not known.

    Raises `BadPolicy`.
    """
    return load_with_places(directory, channels).policy


def load_with_places(directory: Path, channels: frozenset[str] | None = None) -> Loaded:
    """As `load_policy`, with the places of what it says. Raises `BadPolicy`."""
    shown = directory.as_posix()
    if not directory.is_dir():
        raise BadPolicy([Problem(shown, 1, "there is no such directory", "name the directory of the policy")])
    try:
        texts = _read(directory)
    except OSError as error:
        what = f"it cannot be read: {error.strerror or type(error).__name__}"
        raise BadPolicy(
            [Problem(str(error.filename or shown), 1, what, "let the notifier read it")]
        ) from error
    problems = texts.problems
    problems += _tiers(directory, texts)
    people = _placed(texts, shown, PEOPLE, PeopleFile)
    rotas = _placed(texts, shown, ROTAS, RotasFile)
    routes = _placed(texts, shown, ROUTES, RoutesFile)
    silences = _placed(texts, shown, SILENCES, SilencesFile) if SILENCES in texts.contents else None
    for found in (people, rotas, routes, silences):
        problems += found if isinstance(found, tuple) else ()
    if isinstance(people, tuple) or isinstance(rotas, tuple) or isinstance(routes, tuple):
        raise BadPolicy(problems)
    if isinstance(silences, tuple):
        raise BadPolicy(problems)
    calendars = {name: text for name, text in texts.contents.items() if name.endswith(".ics")}
    written = Written(people, rotas, routes, silences, calendars, shown)
    policy, more = assembled(written, _version(texts.contents))
    problems += [*more, *problems_of(written, policy, channels)]
    if problems or policy is None:
        raise BadPolicy(problems)
    return Loaded(policy, written)


def state_of(directory: Path) -> str:
    """Tells one state of a directory from another without understanding it; never raises."""
    try:
        return _version(_read(directory).contents)
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _version(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(f"{name}\x1f{len(contents[name])}\x1f".encode())
        digest.update(contents[name])
    return digest.hexdigest()[:12]


def _read(directory: Path) -> _Texts:
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in sorted(directory.iterdir()):
        shown = path.as_posix()
        if path.name.startswith(".") or path.suffix == ".md":
            continue
        if path.is_dir() or not (path.name in _NAMES or path.suffix == ".ics"):
            cure = f"a policy has {', '.join(_NAMES)} and calendars (.ics); rename or remove it"
            problems.append(Problem(shown, 1, "it is not read: no file of this name is known here", cure))
        elif path.stat().st_size > _LARGEST_FILE:
            problems.append(Problem(shown, 1, "the file is larger than 1 MB", "split it"))
        else:
            contents[path.name] = path.read_bytes()
    return _Texts(contents, problems)


def _tiers(directory: Path, texts: _Texts) -> list[Problem]:
    """What is wrong with a tiers.yaml; the one that is shipped counts where there is none."""
    if TIERS not in texts.contents:
        return []
    try:
        load_tiers(directory / TIERS)
    except BadTierPolicy as error:
        path = (directory / TIERS).as_posix()
        return [Problem(path, 1, str(error).removeprefix(f"{path}: "), "copy the shipped one, and change it")]
    return []


def _placed(texts: _Texts, shown: str, name: str, shape: type[Shape]) -> Placed[Shape] | tuple[Problem, ...]:
    document = _document(texts, f"{shown}/{name}", name)
    value, problems = fitted(document, shape, _CURES)
    return problems if value is None else Placed(value, document)


def _document(texts: _Texts, shown: str, name: str) -> Document:
    content = texts.contents.get(name)
    if content is None:
        missing = Problem(
            shown, 1, "the file is missing", "copy the one of the example policy, and change it"
        )
        return unreadable(name, shown, missing)
    try:
        return read(name, shown, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return unreadable(
            name, shown, Problem(shown, 1, f"it is not UTF-8: {error.reason}", "save it as UTF-8")
        )
