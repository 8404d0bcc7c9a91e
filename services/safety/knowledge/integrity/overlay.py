"""What rows supersede and what a site approves: it must be there, and be of the same kind."""

from collections.abc import Iterator

from services.safety.knowledge.layers import Layer
from services.safety.knowledge.models import ANYWHERE, Row
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.problems import Problem


def overlay(shipped: Layer, site: Layer) -> Iterator[Problem]:
    """Rows that supersede nothing, something else or twice; approvals of rows that are not there."""
    known = {one.value.id: one for layer in (shipped, site) for one in layer.rows()}
    heirs: dict[str, str] = {}
    for layer in (shipped, site):
        for one in layer.rows():
            if one.value.supersedes is not None:
                yield from _superseding(one, one.value.supersedes, known, heirs)
    for approval in shipped.approvals:
        yield approval.problem("approvals belong to a site", "move approvals.yaml to the site's directory")
    for approval in site.approvals:
        if approval.value.row not in known:
            what = f"the approval names an unknown row {approval.value.row!r}"
            yield approval.problem(what, "correct the id; `dosewarden knowledge show DRUG` lists them", "row")
        elif approval.value.row in heirs:
            what = f"the approved row is superseded by {heirs[approval.value.row]}"
            yield approval.problem(what, "approve that row instead", "row")
    fresh = [one for one in site.cns_load if one.value.supersedes is None]
    for load in fresh:
        yield load.problem(
            "there can be one count of sedating classes", "let it supersede the shipped one", "id"
        )


def _superseding(
    one: Placed[Row], target: str, known: dict[str, Placed[Row]], heirs: dict[str, str]
) -> Iterator[Problem]:
    other = known.get(target)
    if other is None:
        yield one.problem(f"it supersedes an unknown row {target!r}", "correct the id", "supersedes")
        return
    if target == one.value.id:
        yield one.problem("the row supersedes itself", "give it a new id", "supersedes")
    if type(other.value) is not type(one.value) or _owner(other) != _owner(one):
        what = f"{target!r} is a row of another kind or drug"
        yield one.problem(what, "supersede a row of the same kind and drug", "supersedes")
    here, there = one.value.jurisdiction, other.value.jurisdiction
    if here != there and ANYWHERE not in (here, there):
        what = f"{target!r} is a row of {there}, which a row of {here} cannot supersede"
        yield one.problem(what, "write it for the same jurisdiction", "jurisdiction")
    if target in heirs:
        what = f"{target!r} is superseded by {heirs[target]} already"
        yield one.problem(what, "supersede that row, or merge the two", "supersedes")
    heirs.setdefault(target, one.value.id)


def _owner(one: Placed[Row]) -> str:
    """The file of a drug owns its limits; other rows stand for themselves."""
    return one.document.file if one.document.file.startswith("drugs/") else ""
