"""What an interaction asks beside its two drugs: it must exist, and be about one of them where it says so."""

from collections.abc import Iterator, Mapping

from services.safety.knowledge.interacting import Interaction, Priority
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.problems import Problem

Members = Mapping[str, frozenset[str]]


def circumstances(
    one: Placed[Interaction], drugs: frozenset[str], members: Members, measures: frozenset[str]
) -> Iterator[Problem]:
    """Further drugs and measurements that are not known, and times and doses of drugs not in the pair."""
    row = one.value
    pair = frozenset().union(*(_named(side, members) for side in row.between))
    for selector in row.exposure_of:
        if selector not in row.between and not _named(selector, members) <= pair:
            what = f"exposure_of speaks of {selector!r}, which is no side of the pair and no drug of one"
            yield one.problem(what, "name a side as in between, or one of its drugs", "exposure_of", selector)
    if row.daily_dose is not None and row.daily_dose.drug not in pair:
        what = f"daily_dose speaks of {row.daily_dose.drug!r}, which is not in the pair"
        yield one.problem(what, "name a drug of the pair", "daily_dose", "drug")
    for selector in row.bystanders:
        kind, _, name = selector.partition(":")
        if name not in (drugs if kind == "drug" else members):
            what = f"unknown {kind} {name!r}"
            yield one.problem(what, "add it or correct its name", *_place(row, selector))
    for part in ("when", "step_up"):
        for at, asked in enumerate(getattr(row, part)):
            if asked.measure is not None and asked.measure not in measures:
                what = f"unknown measurement {asked.measure!r}"
                yield one.problem(what, "add it to measurements.yaml", part, at, "measure")
    if row.priority is Priority.LOW and row.step_up:
        what = "a row of the list of non-interruptive interactions is minor, always"
        yield one.problem(what, "remove step_up, or write a row of its own for it", "step_up")


def _place(row: Interaction, selector: str) -> tuple[str, ...]:
    if selector in row.unless_with:
        return ("unless_with",)
    return ("when",) if any(asked.also == selector for asked in row.when) else ("step_up",)


def _named(selector: str, members: Members) -> frozenset[str]:
    kind, _, name = selector.partition(":")
    return frozenset({name}) if kind == "drug" else members.get(name, frozenset())
