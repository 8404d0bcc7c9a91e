"""Checks that a policy names and that DoseWarden does not have: nothing would ever come that way."""

import difflib
from collections.abc import Iterator

from services.notifier.policy.assembling import Written
from services.safety.checks import CHECKS
from services.safety.knowledge.problems import Problem


def unknown_checks(written: Written) -> Iterator[Problem]:
    """The checks of routes and silences that are none, each with the name that it may have meant."""
    known = _known()
    for number, route in enumerate(written.routes.value.routes):
        for at, check in enumerate(route.checks or ()):
            if check not in known:
                yield written.routes.problem(*_words(check, known), "routes", number, "checks", at)
    if written.silences is not None:
        for number, row in enumerate(written.silences.value.silences):
            if row.check not in known:
                yield written.silences.problem(*_words(row.check, known), "silences", number, "check")


def check_named(name: str) -> str:
    """The name of a check of ours. Raises `LookupError`, with the one that it may have meant."""
    if name not in _known():
        raise LookupError("; ".join(_words(name, _known())))
    return name


def _known() -> set[str]:
    return {check.id for check in CHECKS}


def _words(check: str, known: set[str]) -> tuple[str, str]:
    near = difflib.get_close_matches(check, sorted(known), n=1)
    return (
        f"there is no check {check!r}",
        f"write {near[0]}" if near else f"use one of {', '.join(sorted(known))}",
    )
