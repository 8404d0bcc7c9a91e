"""Names that rows use for other things (drugs, classes, tiers of proof): each must exist and can match."""

from collections.abc import Iterator, Mapping

from services.safety.knowledge.depressants import AlcoholRule, AlcoholTier, CnsLoad
from services.safety.knowledge.integrity.circumstances import circumstances
from services.safety.knowledge.interacting import Interaction
from services.safety.knowledge.kinds.monitoring import Monitoring
from services.safety.knowledge.kinds.result_limit import ResultLimit
from services.safety.knowledge.layers import Layer
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.problems import Problem
from services.safety.knowledge.ruling import DrugRule

Members = Mapping[str, frozenset[str]]


def references(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Rows and classes that name what is not there, and rules that therefore can never speak."""
    if any("classes.yaml" in layer.broken for layer in (shipped, site)):
        return
    drugs = frozenset(one.value.drug for layer in (shipped, site) for one in layer.drugs) | _broken(
        shipped, site
    )
    members: dict[str, frozenset[str]] = {}
    for layer in (shipped, site):
        for group in layer.classes:
            known = members.get(group.value.id, frozenset())
            members[group.value.id] = known | frozenset(group.value.members)
            for at, member in enumerate(group.value.members):
                if member not in drugs:
                    yield group.problem(
                        f"the class names an unknown drug {member!r}", _add(member), "members", at
                    )
    measures = frozenset(one.value.id for layer in (shipped, site) for one in layer.measurements)
    proven = {tier for layer in (shipped, site) for one in layer.alcohol_evidence for tier in one.value.codes}
    for layer in (shipped, site):
        yield from _concentrates(layer, drugs)
        yield from _interactions(layer, drugs, members, measures)
        yield from _alcohol(layer, drugs, members, proven)
        for load in layer.cns_load:
            yield from _cns_load(load, members)
        for rule in layer.rules:
            for name in rule.value.selectors:
                yield from _selector(rule, name, drugs, members, None)
            if isinstance(rule.value, Monitoring):
                yield from _monitoring(rule, rule.value, measures)
            if isinstance(rule.value, ResultLimit) and rule.value.measure not in measures:
                what = f"unknown measurement {rule.value.measure!r}"
                yield rule.problem(what, "add it to measurements.yaml or correct it", "measure")


def _concentrates(layer: Layer, drugs: frozenset[str]) -> Iterator[Problem]:
    for one in layer.drugs:
        row = one.value.concentrate
        if row is not None and row.of not in drugs:
            yield one.problem(
                f"a concentrate of an unknown drug {row.of!r}", _add(row.of), "concentrate", "of"
            )


def _monitoring(one: Placed[DrugRule], row: Monitoring, measures: frozenset[str]) -> Iterator[Problem]:
    for at, name in enumerate(row.any_of):
        if name not in measures:
            what = f"unknown measurement {name!r}"
            yield one.problem(what, "add it to measurements.yaml or correct it", "any_of", at)


def _interactions(
    layer: Layer, drugs: frozenset[str], members: Members, measures: frozenset[str]
) -> Iterator[Problem]:
    for one in layer.interactions:
        left, right = one.value.between
        unknown = list(_selector(one, left, drugs, members, 0)) + list(
            _selector(one, right, drugs, members, 1)
        )
        yield from unknown
        if unknown:
            continue
        sides = [_named(selector, members) for selector in (left, right)]
        if len(sides[0] | sides[1]) == 1:
            what = f"both sides are {next(iter(sides[0]))}: a drug does not interact with itself"
            yield one.problem(what, "name two different drugs", "between")
        yield from circumstances(one, drugs, members, measures)


def _alcohol(
    layer: Layer, drugs: frozenset[str], members: Members, proven: set[AlcoholTier]
) -> Iterator[Problem]:
    for one in layer.alcohol_rules:
        yield from _selector(one, one.value.subject, drugs, members, None)
        if (one.value.acute_from is None) != (one.value.acute_severity is None):
            yield one.problem(
                "acute_from and acute_severity belong together", "give both or neither", "acute_from"
            )
        for tier in one.value.tiers:
            if tier not in proven:
                what = f"no code is evidence of the tier {tier.value!r}, so this part never speaks"
                yield one.problem(what, "add codes to evidence, or remove the tier", "tiers", tier.value)


def _cns_load(one: Placed[CnsLoad], members: Members) -> Iterator[Problem]:
    load = one.value
    for at, name in enumerate(load.classes):
        if name not in members:
            yield one.problem(
                f"unknown class {name!r}", "add it to classes.yaml or correct it", "classes", at
            )
    most = len(load.classes) + bool(load.alcohol_tiers)
    for count in load.severity_by_count:
        if not 2 <= count <= most:
            what = f"a count of {count} classes is never reached (2 to {most})"
            yield one.problem(what, "correct the count", "severity_by_count", str(count))
    for at, pair in enumerate(load.step_up_pairs):
        for name in pair:
            if name not in load.classes:
                what = f"the pair names {name!r}, which is none of the classes counted"
                yield one.problem(what, "correct it or add it to classes", "step_up_pairs", at)


def _selector(
    one: Placed[Interaction] | Placed[AlcoholRule] | Placed[DrugRule],
    selector: str,
    drugs: frozenset[str],
    members: Members,
    side: int | None,
) -> Iterator[Problem]:
    kind, _, name = selector.partition(":")
    path = ("subject",) if side is None else ("between", side)
    if kind == "drug" and name not in drugs:
        yield one.problem(f"unknown drug {name!r}", _add(name), *path)
    if kind == "class" and name not in members:
        yield one.problem(f"unknown class {name!r}", "add it to classes.yaml or correct its name", *path)


def _broken(shipped: Layer, site: Layer) -> frozenset[str]:
    """Drugs whose files do not parse: told already, not to be told again by every row that names them."""
    files = shipped.broken | site.broken
    return frozenset(
        file.removeprefix("drugs/").removesuffix(".yaml").replace("-", " ")
        for file in files
        if file.startswith("drugs/")
    )


def _named(selector: str, members: Members) -> frozenset[str]:
    kind, _, name = selector.partition(":")
    return frozenset({name}) if kind == "drug" else members[name]


def _add(drug: str) -> str:
    return f"add drugs/{drug.replace(' ', '-')}.yaml or correct its name"
