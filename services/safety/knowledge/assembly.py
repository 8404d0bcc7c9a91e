"""From layers to one base: a site's rows on top of the shipped ones, rows superseded, approvals applied.

Nothing is edited in place: a superseded row stays in its file and leaves only the base.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

import orjson

from schemas.base import Contract
from services.safety.knowledge.base import UTC_ZONE, KnowledgeBase
from services.safety.knowledge.layers import Layer
from services.safety.knowledge.models import ANYWHERE, Approval, Codes, Drug, DrugClass, Row, Status
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.recogniser import ProductRecogniser

AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows enter a base: of the jurisdiction, in force on the day, not superseded by such a row."""

    jurisdiction: str
    on: date | None
    superseded: frozenset[str]
    approved: Mapping[str, Approval]

    def rows(self, placed: Iterable[Placed[AnyRow]]) -> tuple[AnyRow, ...]:
        """The rows that enter, with the site's approval where it gave one."""
        return tuple(self._approved(one.value) for one in placed if self._enters(one.value))

    def _enters(self, row: Row) -> bool:
        return row.id not in self.superseded and applies(row, self.jurisdiction, self.on)

    def _approved(self, row: AnyRow) -> AnyRow:
        approval = self.approved.get(row.id)
        if approval is None:
            return row
        return row.model_copy(update={"status": Status.SITE_APPROVED, "approval": approval})


def applies(row: Row, jurisdiction: str, on: date | None) -> bool:
    """Whether a row holds in a jurisdiction on a day."""
    return row.jurisdiction in (ANYWHERE, jurisdiction) and (on is None or row.in_force(on))


def assemble(
    shipped: Layer, site: Layer, jurisdiction: str, on: date | None, zone: ZoneInfo = UTC_ZONE
) -> KnowledgeBase:
    """The base of two layers that passed every check of `integrity`."""
    both = (shipped, site)
    selection = Selection(
        jurisdiction,
        on,
        frozenset(
            placed.value.supersedes
            for layer in both
            for placed in layer.rows()
            if placed.value.supersedes is not None and applies(placed.value, jurisdiction, on)
        ),
        {one.value.row: Approval(by=one.value.by, on=one.value.on) for one in site.approvals},
    )
    drugs = _drugs([*shipped.drugs, *site.drugs], selection)
    classes = _classes([*shipped.classes, *site.classes])
    naming = [*shipped.naming, *site.naming][-1].value
    maps = tuple(one.value for layer in both for one in layer.code_maps)
    interactions = selection.rows(one for layer in both for one in layer.interactions)
    alcohol_rules = selection.rows(one for layer in both for one in layer.alcohol_rules)
    evidence = [*shipped.alcohol_evidence, *site.alcohol_evidence][-1].value
    (cns_load,) = selection.rows(one for layer in both for one in layer.cns_load)
    policy = [*shipped.policy, *site.policy][-1].value
    rules = selection.rows(one for layer in both for one in layer.rules)
    (kidneys,) = [one.value for one in [*shipped.kidneys, *site.kidneys]][-1:]
    (childbearing,) = [one.value for one in [*shipped.childbearing, *site.childbearing]][-1:]
    measured = {one.value.id: one.value for layer in both for one in layer.measurements}
    rest = [naming, *maps, *interactions, *alcohol_rules, evidence, cns_load, policy, *rules, kidneys]
    return KnowledgeBase(
        version=_version(
            shipped.sequence + site.sequence,
            [*drugs.values(), *classes.values(), *rest, childbearing, *measured.values()],
            zone,
        ),
        drugs=drugs,
        classes=classes,
        interactions=interactions,
        alcohol_rules=alcohol_rules,
        alcohol_evidence=evidence,
        cns_load=cns_load,
        policy=policy,
        rules=rules,
        measurements=measured,
        kidneys=kidneys,
        childbearing=childbearing,
        zone=zone,
        recogniser=ProductRecogniser(tuple(drugs.values()), naming, maps),
    )


def _drugs(placed: Iterable[Placed[Drug]], selection: Selection) -> dict[str, Drug]:
    found: dict[str, Drug] = {}
    for one in placed:
        stated = one.value
        entering = stated.model_copy(
            update={
                "limits": selection.rows(one.part(row) for row in stated.limits),
                "withdrawal": selection.rows(one.part(row) for row in stated.withdrawal),
            }
        )
        known = found.get(stated.drug)
        found[stated.drug] = entering if known is None else _joined(known, entering)
    return dict(sorted(found.items()))


def _joined(known: Drug, more: Drug) -> Drug:
    return known.model_copy(
        update={
            "codes": Codes(
                rxnorm=known.codes.rxnorm + more.codes.rxnorm,
                atc=known.codes.atc + more.codes.atc,
                snomed=known.codes.snomed + more.codes.snomed,
            ),
            "names": known.names + more.names,
            "depots": known.depots + more.depots,
            "extended": known.extended + more.extended,
            "branded": known.branded + more.branded,
            "ddd": known.ddd + more.ddd,
            "high_alert": known.high_alert or more.high_alert,
            "limits": known.limits + more.limits,
            "withdrawal": known.withdrawal + more.withdrawal,
        }
    )


def _classes(placed: Iterable[Placed[DrugClass]]) -> dict[str, DrugClass]:
    found: dict[str, DrugClass] = {}
    for one in placed:
        known = found.get(one.value.id)
        members = one.value.members if known is None else (*known.members, *one.value.members)
        found[one.value.id] = (known or one.value).model_copy(
            update={"members": tuple(dict.fromkeys(members))}
        )
    return dict(sorted(found.items()))


def _version(sequence: int, content: Iterable[Contract], zone: ZoneInfo) -> str:
    digest = hashlib.sha256()
    for part in content:
        digest.update(type(part).__name__.encode())
        digest.update(orjson.dumps(part.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS))
    if zone.key != UTC_ZONE.key:
        digest.update(zone.key.encode())
    return f"{sequence}-{digest.hexdigest()[:12]}"
