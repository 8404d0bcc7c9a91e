"""Ids, file names and names of drugs: each leads to exactly one thing."""

from collections.abc import Iterator

from services.safety.knowledge.documents import Path
from services.safety.knowledge.layers import Layer
from services.safety.knowledge.lexicon import tidy
from services.safety.knowledge.models import Drug
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.problems import Problem


def row_ids(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Two rows with one id; two classes or measurements with one id in one directory."""
    first: dict[str, str] = {}
    for layer in (shipped, site):
        for placed in layer.rows():
            place = f"{placed.document.file}:{placed.document.line((*placed.path, 'id'))}"
            if placed.value.id in first:
                what = f"the row id {placed.value.id!r} is taken by {first[placed.value.id]}"
                yield placed.problem(
                    what, "give this row another id, and let it supersede that one if meant", "id"
                )
            first.setdefault(placed.value.id, place)
        seen: set[str] = set()
        for group in layer.classes:
            if group.value.id in seen:
                what = f"the class {group.value.id!r} is given twice"
                yield group.problem(what, "put its members into one entry", "id")
            seen.add(group.value.id)
        measured: set[str] = set()
        for one in layer.measurements:
            if one.value.id in measured:
                what = f"the measurement {one.value.id!r} is given twice"
                yield one.problem(what, "put its codes into one entry", "id")
            measured.add(one.value.id)


def drug_names(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """A file that is not named for its drug; a name or code that leads to two drugs."""
    owners: dict[tuple[str, str], str] = {}
    for layer in (shipped, site):
        files: dict[str, str] = {}
        for placed in layer.drugs:
            drug = placed.value.drug
            file = f"drugs/{drug.replace(' ', '-')}.yaml"
            if drug in files:
                what = f"the drug {drug!r} has two files"
                yield placed.problem(what, f"put its rows into {files[drug]}", "drug")
            elif placed.document.file != file:
                yield placed.problem(f"the file of {drug!r} is not named for it", f"name it {file}", "drug")
            files.setdefault(drug, placed.document.file)
            yield from _claims(placed, owners)


def _claims(placed: Placed[Drug], owners: dict[tuple[str, str], str]) -> Iterator[Problem]:
    drug = placed.value
    claims: list[tuple[str, str, Path]] = [
        ("name", tidy(name), ("names", at)) for at, name in enumerate(drug.names)
    ]
    claims += [("name", tidy(name), ("depots", at)) for at, name in enumerate(drug.depots)]
    claims += [("name", tidy(name), ("extended", at)) for at, name in enumerate(drug.extended)]
    claims += [("name", tidy(one.name), ("branded", at)) for at, one in enumerate(drug.branded)]
    claims.append(("name", tidy(drug.drug), ("drug",)))
    for system in ("rxnorm", "atc", "snomed"):
        codes: tuple[str, ...] = getattr(drug.codes, system)
        claims += [(f"{system} code", code, ("codes", system, at)) for at, code in enumerate(codes)]
    for kind, name, path in claims:
        owner = owners.setdefault((kind, name), drug.drug)
        if owner != drug.drug:
            what = f"the {kind} {name!r} already stands for {owner}"
            yield placed.problem(what, "keep it with the drug it means", *path)
