"""How alerts look in a terminal and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.notifier.alerts import Alert
from services.notifier.store.reading import HistoryLine

_SHORTEST_ID = 11
_TIER_STYLES = {1: "bold red", 2: "red", 3: "yellow", 4: "dim"}


def as_json_text(content: object) -> str:
    """Indented JSON."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


@dataclass(frozen=True, slots=True)
class Row:
    """An alert, the present by its own clock, and when time alone changes something (None is never)."""

    alert: Alert
    now: datetime
    due: datetime | None


def alert_as_json(
    alert: Alert, history: Sequence[HistoryLine] | None = None, due: datetime | None = None
) -> dict[str, Any]:
    """The alert as JSON gives it, with its history if one is given."""
    content = asdict(alert) | {
        "domain": alert.domain.value,
        "told": [str(target) for target in alert.told],
        "holder": alert.holder,
        "due": due,
    }
    content |= content.pop("facts")
    if history is not None:
        content["history"] = [asdict(line) for line in history]
    return content


def plain(text: str) -> Text:
    """Foreign text for a terminal: without control characters, never read as markup."""
    return Text("".join(letter if letter.isprintable() else " " for letter in text))


def age_of(since: datetime | None, now: datetime) -> str:
    """A short age, for example "3 h 05 min"."""
    if since is None:
        return "?"
    minutes = max(now - since, timedelta()) // timedelta(minutes=1)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // (24 * 60)} d"


def short_ids(ids: Sequence[str]) -> Mapping[str, str]:
    """The beginnings that still tell these ids apart, all of one length."""
    length = _SHORTEST_ID
    distinct = set(ids)
    while len({name[:length] for name in distinct}) < len(distinct):
        length += 1
    return {name: name[:length] for name in distinct}


def table_of(rows: Sequence[Row]) -> Table:
    """A table of alerts, in the order given."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ALERT", "TIER", "STATE", "STEP", "NEXT", "WARD", "CHECK", "AGE", "REV"):
        table.add_column(heading, no_wrap=True)
    table.add_column("WHAT")
    names = short_ids([row.alert.id for row in rows])
    for row in rows:
        alert = row.alert
        table.add_row(
            names[alert.id],
            Text(str(alert.tier or "?"), _TIER_STYLES.get(alert.tier, "")),
            _state_of(alert),
            _step_of(alert),
            _until(row),
            plain(alert.ward or "-"),
            alert.check,
            age_of(alert.raised_at, row.now),
            str(alert.revision),
            plain(alert.text if alert.facts_known else "(its facts are still to be read again)"),
        )
    return table


def _state_of(alert: Alert) -> str:
    if alert.holder:
        offered = f", offered to {alert.offered}" if alert.offered else ""
        return f"{alert.state.value} ({alert.holder}{offered})"
    if alert.acks:
        return f"{alert.state.value} (by {', '.join(alert.acks)}; waits for {', '.join(alert.unanswered_by)})"
    if alert.quiet and alert.live:
        return f"{alert.state.value}, not paged: {alert.quiet}"
    if alert.facts["held"] and not alert.level and alert.live:
        return f"{alert.state.value}, waits: {alert.facts['held']}"
    return alert.state.value


def _step_of(alert: Alert) -> str:
    if alert.plan is None or not alert.live:
        return "-"
    steps = len(alert.plan.steps)
    if alert.level > steps + alert.plan.rounds:
        return "fallback"
    return f"{min(alert.level, steps)}/{steps}"


def _until(row: Row) -> str:
    """How long until time alone changes something, rounded up: 0 min is now."""
    if row.due is None:
        return "-"
    minutes = -(-max(row.due - row.now, timedelta()) // timedelta(minutes=1))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def show_alert(console: Console, alert: Alert, history: Sequence[HistoryLine], now: datetime) -> None:
    """Print everything known about one alert."""
    console.print(Text(f"{alert.id}  tier {alert.tier}  {alert.check}", "bold"))
    console.print(plain(alert.text))
    grid = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _rows(alert, now):
        grid.add_row(Text(name, "dim"), plain(value))
    console.print(grid)
    if alert.facts["evidence"]:
        console.print(Text("Evidence", "bold"))
        console.print(plain_lines(as_json_text(alert.facts["evidence"])))
    if alert.facts["sources"]:
        console.print(Text("Sources", "bold"))
        for source in alert.facts["sources"]:
            parts = (source.get(name, "") for name in ("title", "publisher", "version", "section", "quote"))
            console.print(plain("  " + ", ".join(part for part in parts if part)))
    console.print(Text("History", "bold"))
    for line in history:
        detail = " · ".join(part for part in (line.actor, line.note, line.because) if part)
        place = f"episode {line.episode} revision {line.revision}"
        console.print(plain(f"  {_moment(line.at)}  {line.event} -> {line.state}  ({place})  {detail}"))


def plain_lines(text: str) -> Text:
    """Foreign text of several lines, indented."""
    return Text("\n").join(plain("  " + line) for line in text.splitlines())


def _rows(alert: Alert, now: datetime) -> list[tuple[str, str]]:
    rows = [
        ("state", _state_of(alert)),
        ("severity", alert.severity.value),
        ("ward", alert.ward or "-"),
        ("drugs", ", ".join(alert.facts["subjects"] or ())),
        ("raised", f"{_moment(alert.raised_at)} ({age_of(alert.raised_at, now)} ago)"),
        ("revision", f"{alert.revision} of episode {alert.episode}"),
        ("because", alert.because),
        ("correction", alert.cause if alert.state.value == "withdrawn" else ""),
        ("goes on as", str(alert.facts["moved_to"])),
        ("told", ", ".join(map(str, alert.told))),
        ("step", f"{_step_of(alert)} of {alert.plan.route}" if alert.plan and alert.live else ""),
        (
            "acknowledged",
            f"{alert.acked_by} {_moment(alert.acked_at)} {alert.ack_note}" if alert.acked_by else "",
        ),
        ("override", _override_of(alert)),
        ("to monitor", _monitoring_of(alert)),
        ("knowledge", str(alert.facts["knowledge_version"])),
    ]
    return [(name, value) for name, value in rows if value]


def _override_of(alert: Alert) -> str:
    made = alert.override
    if made is None:
        return ""
    both = f"{made.by} and {made.second}" if made.second else made.by
    return f"{made.reason} ({made.scope}) by {both} until {_moment(made.until)}, kept quiet: {made.count}"


def _monitoring_of(alert: Alert) -> str:
    """What ends a promise to monitor as kept, while somebody has made one."""
    if alert.override is None or alert.override.reason != "will-monitor":
        return ""
    names = alert.facts["monitored_by"]
    return str(names) or "nothing that reaches us counts as that; it ends as not monitored"


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC") if at else "?"
