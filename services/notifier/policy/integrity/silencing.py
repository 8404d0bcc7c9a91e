"""Silences of wards and by people that the policy does not know, or with an id that is taken."""

from collections.abc import Iterator

from services.notifier.policy.assembling import Written
from services.safety.knowledge.problems import Problem


def problems(written: Written) -> Iterator[Problem]:
    """A silence names a known ward, and a known person who answers for it."""
    placed = written.silences
    if placed is None:
        return
    wards = set(written.routes.value.wards)
    people = {person.id for person in written.people.value.people}
    taken: set[str] = set()
    for number, row in enumerate(placed.value.silences):
        at = ("silences", number)
        if row.ward not in wards:
            cure = "correct it, or add it to wards in routes.yaml"
            yield placed.problem(f"unknown ward {row.ward!r}", cure, *at, "ward")
        if row.by not in people:
            cure = "name who answers for the silence, by their id in people.yaml"
            yield placed.problem(f"unknown person {row.by!r}", cure, *at, "by")
        if row.id in taken:
            yield placed.problem(f"two silences are called {row.id!r}", "rename one", *at, "id")
        taken.add(row.id)
