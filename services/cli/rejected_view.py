"""How rejections look in a terminal and as JSON. Payload is shown by `payload_of` alone."""

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from services.cli.alert_view import plain
from services.cli.rejected_options import door_of
from services.intake.rejected.retrying import Retried
from services.intake.rejected.topic import Entry

OPEN = "open"
_PIPED_WIDTH = 200
KEYS: dict[str, Callable[[Entry], str]] = {
    "reason": lambda entry: entry.rejected.reason,
    "door": door_of,
    "source": lambda entry: entry.rejected.source or "-",
    "day": lambda entry: entry.at.date().isoformat(),
}


@dataclass(slots=True)
class Count:
    """How many share a key, how many of them are open, and when the first and the last came."""

    key: str
    first: datetime
    last: datetime
    count: int = 0
    open: int = 0


def state_of(entry: Entry) -> str:
    """Open, or what became of it."""
    return entry.closed.closing.value if entry.closed is not None else OPEN


def counts_of(entries: Iterable[Entry], by: str) -> list[Count]:
    """The counts by a key of `KEYS`: the most first, days by date."""
    found: dict[str, Count] = {}
    for entry in entries:
        key = KEYS[by](entry)
        mine = found.setdefault(key, Count(key, entry.at, entry.at))
        mine.count += 1
        mine.open += entry.closed is None
        mine.first, mine.last = min(mine.first, entry.at), max(mine.last, entry.at)
    order: Callable[[Count], Any] = (
        (lambda one: one.key) if by == "day" else (lambda one: (-one.count, one.key))
    )
    return sorted(found.values(), key=order)


def counts_table(counts: Sequence[Count], by: str) -> Table:
    """A table of counts."""
    table = _table(by.upper(), "COUNT", "OPEN", "FIRST", "LAST")
    for one in counts:
        table.add_row(plain(one.key), str(one.count), str(one.open), _clock(one.first), _clock(one.last))
    return table


def entries_table(entries: Iterable[Entry]) -> Table:
    """A line for each, in the order given."""
    table = _table("ID", "REJECTED AT", "DOOR", "SOURCE", "REASON", "STATE")
    table.add_column("WHY")
    for entry in entries:
        rejected = entry.rejected
        table.add_row(
            entry.id,
            _clock(entry.at),
            plain(door_of(entry)),
            plain(rejected.source or "-"),
            plain(rejected.reason),
            state_of(entry),
            plain(rejected.detail),
        )
    return table


def retries_table(retries: Iterable[Retried]) -> Table:
    """What became of each."""
    table = _table("ID", "RESULT", "REASON")
    table.add_column("WHY")
    for one in retries:
        table.add_row(one.entry.id, one.result.value, plain(one.reason), plain(one.detail))
    return table


def retry_as_json(retry: Retried) -> dict[str, Any]:
    """What became of one."""
    return {
        "id": retry.entry.id,
        "result": retry.result.value,
        "reason": retry.reason,
        "detail": retry.detail,
    }


def entry_as_json(entry: Entry) -> dict[str, Any]:
    """One rejection without its payload."""
    rejected = entry.rejected
    told = rejected.model_dump(mode="json", exclude={"kind", "content"}, exclude_none=True)
    closed = entry.closed
    if closed is not None:
        told["closed"] = closed.model_dump(mode="json", exclude={"kind", "partition", "offset"})
    return {"id": entry.id, "rejected_at": entry.at, "state": state_of(entry), **told}


def entry_in_words(entry: Entry) -> list[str]:
    """Everything about one rejection but its payload, a line each."""
    rejected, origin, mark, closed = entry.rejected, entry.rejected.origin, entry.rejected.mark, entry.closed
    lines = [
        f"{entry.id}  {state_of(entry)}",
        f"reason      {rejected.reason}: {rejected.detail}",
        f"rejected    {_clock(entry.at)} by {rejected.hop}",
        f"came from   {origin.key}",
        f"source      {rejected.source or '(not kept)'}",
        f"original    {rejected.length} bytes, SHA-256 {rejected.sha256}"
        + (
            "" if rejected.whole else f"; only the first {len(rejected.kept)} were kept: it cannot be retried"
        ),
    ]
    if mark is not None:
        about = f", about {mark.about}" if mark.about else ""
        lines.append(f"mark        at patient {mark.patient}{about}")
    else:
        lines.append("mark        none: no patient could be read")
    if closed is not None:
        note = f": {closed.note}" if closed.note else ""
        lines.append(f"closed      {_clock(closed.at)}, {closed.closing.value}, by {closed.by or '?'}{note}")
        if closed.rejected:
            lines.append(
                f"            {closed.rejected} parts of it are rejected still, each as one of its own"
            )
    return lines


def payload_of(entry: Entry) -> dict[str, str]:
    """What was kept of the original, as text where it is UTF-8, else in base64."""
    try:
        return {"payload": entry.rejected.kept.decode()}
    except UnicodeDecodeError:
        return {"payload_base64": base64.b64encode(entry.rejected.kept).decode()}


def payload_lines(entry: Entry) -> list[str]:
    """The same for a terminal: without control characters, in lines."""
    text = entry.rejected.kept.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return [plain(line).plain for line in text.split("\n")]


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _clock(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ")


def printed(table: Table) -> None:
    """Write a table to stdout, wide where nobody looks at it."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    console.print(table)
