"""`dosewarden knowledge diff`: what one knowledge version says otherwise than another."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import click

from services.cli.knowledge_sides import Side, side
from services.safety.knowledge.differing import Change, FieldChange, What, differences


def compare(old: str, new: str, jurisdiction: str, *, json_wanted: bool) -> bool:
    """Print how NEW differs from OLD. True if it does."""
    before, after = side(old, jurisdiction), side(new, jurisdiction)
    found = differences(before.base, after.base)
    if json_wanted:
        click.echo(json.dumps(as_json(before, after, found), ensure_ascii=False, indent=2))
    else:
        for line in as_text(before, after, found):
            click.echo(line)
    return bool(found) or before.base.version != after.base.version


def as_json(old: Side, new: Side, found: Iterable[Change]) -> dict[str, Any]:
    """Both versions, and every change with its fields."""
    return {
        "old": {"version": old.base.version, "from": old.origin},
        "new": {"version": new.base.version, "from": new.origin},
        "changes": [dataclasses.asdict(change) for change in found],
    }


def as_text(old: Side, new: Side, found: Sequence[Change]) -> Iterator[str]:
    """The same for people: kinds in order, each field on a line of its own."""
    yield f"old  {old.base.version}  {old.origin}"
    yield f"new  {new.base.version}  {new.origin}"
    for kind, changes in groupby(found, key=lambda change: change.kind):
        yield ""
        yield kind
        for change in changes:
            by = f" by {change.by}" if change.what is What.SUPERSEDED else ""
            yield f"  {change.what.value:<10} {change.id}{by}"
            yield from (f"    {_shown(field)}" for field in change.fields)
    yield ""
    if found:
        yield f"{len(found)} differences"
    elif old.base.version == new.base.version:
        yield "no difference"
    else:
        yield "no row differs; only the order of rows or the sequence number does"


def _shown(change: FieldChange) -> str:
    if change.added or change.removed:
        words = [*(f"+ {word}" for word in change.added), *(f"- {word}" for word in change.removed)]
        return f"{change.field}: {', '.join(words)}"
    return f"{change.field}: {_value(change.old)} -> {_value(change.new)}"


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
