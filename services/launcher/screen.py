"""What the person in front of the terminal sees: a heading, the day's lines, and a line with where we are.

Without a terminal it is plain lines, one for each thing, so that a log of it can be read and searched.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from services.launcher.alert_words import Happening, Step, details, headline

_MARKS = {
    Step.RAISED: "▲",
    Step.WORSENED: "▲",
    Step.EASED: "▽",
    Step.RETURNED: "△",
    Step.DELIVERED: "→",
    Step.ACKNOWLEDGED: "✓",
    Step.RESOLVED: "○",
    Step.WITHDRAWN: "✗",
    Step.MOVED: "»",
    Step.RETRACTED: "→",
}
_STYLES = {
    Step.RAISED: "bold red",
    Step.WORSENED: "bold red",
    Step.EASED: "yellow",
    Step.RETURNED: "yellow",
    Step.DELIVERED: "cyan",
    Step.ACKNOWLEDGED: "green",
    Step.RESOLVED: "green",
    Step.MOVED: "cyan",
    Step.WITHDRAWN: "bold magenta",
    Step.RETRACTED: "magenta",
}
_NOT_ASSESSED = "bold yellow"
_QUIET = "dim"
_REFRESHES_PER_S = 4


def clean(text: str) -> str:
    """Foreign text for a terminal: without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


class Screen:
    """Writes to one console. `begins` is the day that times without a date belong to."""

    def __init__(self, console: Console, begins: datetime) -> None:
        self._console = console
        self._day = begins.date()

    @contextmanager
    def live(self, status: Callable[[], str]) -> Iterator[None]:
        """Keep a line with `status` below everything while this lasts; nothing of it without a terminal."""
        if not self._console.is_terminal:
            yield
            return
        line = _Status(status)
        with Live(line, console=self._console, refresh_per_second=_REFRESHES_PER_S, transient=True):
            yield

    def heading(self, title: str, rows: Iterable[tuple[str, str]], notes: Iterable[str]) -> None:
        """What runs where, and what one should know about it."""
        if not self._console.is_terminal:
            for text in (title, *(f"{name:<8} {value}" for name, value in rows), *notes):
                self.say(text)
            return
        grid = Table.grid(padding=(0, 2))
        for name, value in rows:
            grid.add_row(Text(name, "dim"), Text(value))
        for note in notes:
            grid.add_row("", Text(note, "yellow"))
        self._console.print(Panel(grid, title=title, title_align="left", expand=False))

    def say(self, text: str, style: str = "") -> None:
        """Something of our own, in one line or several."""
        for line in text.split("\n"):
            self._write(Text(clean(line), style))

    def fact(self, at: datetime, bed: str, words: str) -> None:
        """Something that somebody did on the ward."""
        self._line(at, bed, "·", Text(clean(words)), "")

    def alert(self, bed: str, happening: Happening) -> None:
        """Something that became of an alert."""
        step = happening.step
        style = _STYLES[step]
        mark = _MARKS[step]
        if not happening.assessed and step in (Step.RAISED, Step.WORSENED):
            style, mark = _NOT_ASSESSED, "?"
        elif happening.alert.quiet and step in (Step.RAISED, Step.WORSENED):
            style = _QUIET
        self._line(happening.line.at, bed, mark, Text(clean(headline(happening)), style), style)
        for detail in details(happening):
            self._line(None, "", "", Text(clean(detail), "" if style != _QUIET else _QUIET), "")

    def _line(self, at: datetime | None, bed: str, mark: str, words: Text, style: str) -> None:
        when = self._when(at) if at else ""
        if not self._console.is_terminal:
            self._write(Text(f"{when:<8} {bed:<7} {mark:<2}") + words)
            return
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=8, style="dim")
        grid.add_column(width=7)
        grid.add_column(width=2, style=style)
        grid.add_column(ratio=1, overflow="fold")
        grid.add_row(when, bed, mark, words)
        self._console.print(grid)

    def _when(self, at: datetime) -> str:
        days = (at.date() - self._day).days
        return f"{at:%H:%M}" if days == 0 else f"{days:+d} {at:%H:%M}"

    def _write(self, text: Text) -> None:
        self._console.print(text, soft_wrap=not self._console.is_terminal)


class _Status:
    """Asked anew each time the line is drawn."""

    def __init__(self, status: Callable[[], str]) -> None:
        self._status = status

    def __rich__(self) -> Text:
        return Text(self._status(), "reverse", no_wrap=True, overflow="ellipsis")
