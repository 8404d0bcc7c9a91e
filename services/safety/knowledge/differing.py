"""How two knowledge bases differ: what came, went, was superseded, or changed, field by field.

Compared is what is in force in each. The order of rows says nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schemas.base import Contract
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.census import KINDS, rows_of
from services.safety.knowledge.recogniser import ProductRecogniser


class What(StrEnum):
    """What became of a thing. A superseded row gave way to another row that names it."""

    ADDED = "added"
    REMOVED = "removed"
    SUPERSEDED = "superseded"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as JSON; of lists of words also what came and what went."""

    field: str
    old: Any
    new: Any
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: its kind (drug, class, limits, ...) and id; `by` is the row it gave way to."""

    kind: str
    id: str
    what: What
    by: str = ""
    fields: tuple[FieldChange, ...] = ()


def differences(old: KnowledgeBase, new: KnowledgeBase) -> list[Change]:
    """Everything that differs, by kind and id."""
    found = [*_rows(old, new)]
    before, after = _parts(old), _parts(new)
    for key in sorted({*before, *after}):
        found += _compared(*key, before.get(key), after.get(key))
    return sorted(found, key=lambda change: (change.kind, change.id))


def _rows(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Change]:
    before = {row.id: row for row in rows_of(old)}
    after = {row.id: row for row in rows_of(new)}
    heirs = {row.supersedes: row for row in after.values() if row.supersedes and row.id not in before}
    inherited = {heir.id for name, heir in heirs.items() if name in before and name not in after}
    for name in sorted({*before, *after} - inherited):
        row = before.get(name)
        heir = heirs.get(name) if name not in after else None
        kind = KINDS[type(row or after[name])]
        if row is not None and heir is not None:
            fields = tuple(
                change for change in _fields(row, heir) if change.field not in ("id", "supersedes")
            )
            yield Change(kind, name, What.SUPERSEDED, heir.id, fields)
        else:
            yield from _compared(kind, name, row, after.get(name))


def _compared(kind: str, name: str, old: Contract | None, new: Contract | None) -> Iterator[Change]:
    if old is None or new is None:
        yield Change(kind, name, What.ADDED if old is None else What.REMOVED)
    elif fields := tuple(_fields(old, new)):
        yield Change(kind, name, What.CHANGED, fields=fields)


def _parts(base: KnowledgeBase) -> dict[tuple[str, str], Contract]:
    """Everything that is no row, by kind and name."""
    found: dict[tuple[str, str], Contract] = {
        ("policy", "policy"): base.policy,
        ("alcohol evidence", "evidence"): base.alcohol_evidence,
    }
    for name, drug in base.drugs.items():
        found["drug", name] = drug.model_copy(update={"limits": (), "withdrawal": ()})
    found |= {("class", name): group for name, group in base.classes.items()}
    found |= {("measurement", name): measured for name, measured in base.measurements.items()}
    if base.kidneys is not None:
        found["kidneys", "kidneys"] = base.kidneys
    if base.childbearing is not None:
        found["pregnancy", "pregnancy"] = base.childbearing
    if isinstance(base.recogniser, ProductRecogniser):
        found["naming", "naming"] = base.recogniser.naming
        for codes in base.recogniser.maps:
            head = f"{codes.system}: {codes.source.title}, {codes.source.section}"
            found["code list", head] = codes.model_copy(update={"products": ()})
            for product in codes.products:
                name = ", ".join((*product.codes, *product.displays))
                found["product code", f"{codes.system}: {name}"] = product
    return found


def _fields(old: Contract, new: Contract) -> Iterator[FieldChange]:
    before, after = dict(_flat(old.model_dump(mode="json"))), dict(_flat(new.model_dump(mode="json")))
    for name in dict.fromkeys((*before, *after)):
        was, is_now = before.get(name), after.get(name)
        if was != is_now:
            yield FieldChange(name, was, is_now, _more(is_now, was), _more(was, is_now))


def _more(these: object, those: object) -> tuple[str, ...]:
    """The words that one list has and the other has not."""
    if not isinstance(these, list) or not isinstance(those, list | None):
        return ()
    return tuple(word for word in these if isinstance(word, str) and word not in (those or ()))


def _flat(value: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Each field with its place, `source.quote`; an amount is one value."""
    for name, part in value.items():
        if isinstance(part, dict) and part.keys() == {"value", "unit"}:
            yield place + name, f"{part['value']} {part['unit']}"
        elif isinstance(part, dict):
            yield from _flat(part, f"{place}{name}.")
        else:
            yield place + name, part
